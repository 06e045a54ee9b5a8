with

source as (
    select * from {{ ref('raw_files__success_goals') }}
),

dated as (
    select
        *,
        {{ parse_date('agreed_on') }} as agreed_on_day
    from source
),

known as (
    select
        *,
        case
            when is_in_first_complete_load then {{ start_of_day('agreed_on_day') }}
            else first_landed_at
        end as recorded_at,
        false as was_removed_at_first_load
    from dated
),

renamed as (
    select
        'files:' || record_id as success_goal_id,
        customer_id as customer_reference,
        goal,
        agreed_on_day as agreed_on,
        {{ parse_date('due_on') }} as due_on,
        {{ parse_date('met_on') }} as met_on,
        status,
        file_hash,
        {{ provenance(
            'files', 'success_goals', "file_name || ':' || row_number", 'cast(null as ' ~ dbt.type_string() ~ ')'
        ) }}
    from known
)

select * from renamed
