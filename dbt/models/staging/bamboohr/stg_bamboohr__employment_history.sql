with

source as (
    select * from {{ ref('raw_bamboohr__employment_status') }}
),

employment_statuses as (
    select * from {{ ref('employment_statuses') }}
),

dated as (
    select
        *,
        {{ parse_date('date') }} as effective_on
    from source
),

renamed as (
    select
        'bamboohr:' || dated."employeeId" as employee_id,
        dated.effective_on,
        dated."employmentStatus" as status,
        coalesce(employment_statuses.ends_employment, false) as ends_employment,
        case
            when dated.is_in_first_complete_load then dated.effective_on
            else {{ day_of('dated.first_landed_at') }}
        end as recorded_on,
        {{ day_of('dated.removed_at') }} as removed_on
    from dated
    left join employment_statuses on dated."employmentStatus" = employment_statuses.status
    where dated.effective_on is not null
)

select * from renamed
