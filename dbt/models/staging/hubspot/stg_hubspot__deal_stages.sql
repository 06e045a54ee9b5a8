with

source as (
    select * from {{ ref('raw_hubspot__deal_pipelines') }}
),

deal_pipelines as (
    select * from {{ ref('deal_pipelines') }}
    where source_system = 'hubspot'
),

stages as (
    {{ json_array_rows('source', 'stages') }}
),

outcomes as (
    select
        *,
        {{ json_text('item', 'id') }} as stage_id,
        {{ json_map(json_text('item', 'metadata')) }} as metadata
    from stages
),

renamed as (
    select
        outcomes.id as pipeline_id,
        outcomes.label as pipeline_label,
        deal_pipelines.deal_kind,
        outcomes.stage_id,
        coalesce(
            lower({{ map_value('outcomes.metadata', "'isClosed'") }}) = 'true',
            {{ number_of(map_value('outcomes.metadata', "'probability'")) }} in (0, 1),
            false
        ) as is_closed,
        coalesce(
            lower({{ map_value('outcomes.metadata', "'isClosed'") }}) = 'true',
            true
        ) and coalesce(
            {{ number_of(map_value('outcomes.metadata', "'probability'")) }} = 1,
            false
        ) as is_won,
        {{ provenance('hubspot', 'deal_pipelines', 'outcomes.id', 'cast(null as ' ~ dbt.type_string() ~ ')') }}
    from outcomes
    left join deal_pipelines on lower(trim(outcomes.label)) = lower(trim(deal_pipelines.label))
)

select * from renamed
