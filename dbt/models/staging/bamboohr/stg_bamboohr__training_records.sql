with

training_records as (
    select * from {{ ref('raw_bamboohr__training_records') }}
),

training_types as (
    select * from {{ ref('raw_bamboohr__training_types') }}
),

source as (
    select
        training_records."employeeId" as employee_record_id,
        training_records.id,
        training_types.name as training,
        {{ parse_date('training_records.completed') }} as completed_on,
        training_records.is_in_first_complete_load,
        training_records.first_landed_at,
        training_records.last_landed_at,
        training_records.removed_at,
        false as was_removed_at_first_load
    from training_records
    left join training_types on training_records.type = training_types.id
),

known as (
    select
        *,
        case
            when is_in_first_complete_load then {{ start_of_day('completed_on') }}
            else first_landed_at
        end as recorded_at
    from source
    where completed_on is not null
),

renamed as (
    select
        'bamboohr:' || id as training_id,
        'bamboohr:' || employee_record_id as employee_id,
        training,
        completed_on,
        {{ provenance('bamboohr', 'training_records', 'id', 'cast(null as ' ~ dbt.type_string() ~ ')') }}
    from known
)

select * from renamed
