with

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

deals as (

    select * from {{ ref('int_deals') }}
    where not was_removed_at_first_load

),

deal_versions as (

    select * from {{ ref('int_deal_versions') }}

),

deal_stages as (

    select * from {{ ref('int_deal_stages') }}

),

deal_pipelines as (

    -- A stage that a pipeline no longer has leaves the deal open, but in its pipeline.
    select distinct
        source_system,
        pipeline_id,
        deal_kind
    from deal_stages

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

rates as (

    {{ rates_in_force() }}

),

known_deals as (

    select
        as_of_days.as_of_on,
        as_of_days.month,
        as_of_days.is_run_day,
        deals.deal_id,
        deals.source_system,
        deals.source_record_id,
        lpad(deals.source_record_id, 20, '0') as deal_order,
        deals.company_record_id,
        deal_versions.pipeline_id,
        deal_versions.stage_id,
        deal_versions.owner_id,
        deal_versions.arr_original,
        deal_versions.currency,
        deal_versions.close_on,
        deal_versions.close_at,
        deal_versions.contract_start_on,
        deal_versions.contract_end_on,
        deal_versions.notice_on
    from as_of_days
    inner join deal_versions
        on as_of_days.as_of_on >= deal_versions.known_from_on
        and (deal_versions.known_until_on is null or as_of_days.as_of_on < deal_versions.known_until_on)
    inner join deals
        on deal_versions.deal_id = deals.deal_id
        and as_of_days.as_of_on >= deals.recorded_on
        and (deals.removed_on is null or as_of_days.as_of_on < deals.removed_on)

),

decided as (

    select
        known_deals.*,
        companies.customer_id,
        deal_pipelines.deal_kind,
        coalesce(deal_stages.is_closed and known_deals.close_on <= known_deals.as_of_on, false) as is_closed,
        coalesce(deal_stages.is_won, false) as has_won_stage,
        coalesce(known_deals.contract_start_on, known_deals.close_on) as starts_on
    from known_deals
    left join deal_pipelines
        on known_deals.source_system = deal_pipelines.source_system
        and known_deals.pipeline_id = deal_pipelines.pipeline_id
    left join deal_stages
        on known_deals.source_system = deal_stages.source_system
        and known_deals.pipeline_id = deal_stages.pipeline_id
        and known_deals.stage_id = deal_stages.stage_id
    left join companies
        on known_deals.source_system = companies.source_system
        and known_deals.company_record_id = companies.company_record_id

),

dated as (

    select
        decided.*,
        is_closed and has_won_stage as is_won,
        is_closed and not has_won_stage as is_lost,
        case when is_closed then close_on else as_of_on end as rate_on,
        coalesce(contract_end_on, {{ add_days(add_months('starts_on', '12'), '-1') }}) as ends_on
    from decided

),

rated as (

    select
        dated.*,
        case
            when dated.arr_original is not null and dated.deal_kind is not null
                then {{ rate_or_stop('dated', "'deal ' || dated.deal_id") }}
        end as rate
    from dated
    left join rates
        on dated.currency = rates.currency
        and dated.rate_on >= rates.valid_on
        and (rates.next_valid_on is null or dated.rate_on < rates.next_valid_on)

),

deals_as_of as (

    select
        deal_id,
        as_of_on,
        month,
        is_run_day,
        customer_id,
        deal_kind,
        pipeline_id,
        stage_id,
        owner_id,
        is_won,
        is_lost,
        close_on,
        case when is_closed then close_at end as closed_at,
        arr_original,
        currency,
        arr_original * rate as arr,
        contract_start_on,
        contract_end_on,
        notice_on,
        starts_on,
        ends_on,
        deal_order,
        source_system,
        source_record_id
    from rated

)

select * from deals_as_of
