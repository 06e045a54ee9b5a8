with

source as (
    select * from {{ ref('raw_bamboohr__job_info') }}
),

departments as (
    select * from {{ ref('departments') }}
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
        coalesce(departments.department, dated.department) as department,
        dated."jobTitle" as job_title,
        case
            when dated.is_in_first_complete_load then dated.effective_on
            else {{ day_of('dated.first_landed_at') }}
        end as recorded_on,
        {{ day_of('dated.removed_at') }} as removed_on
    from dated
    left join departments on dated.department = departments.vendor_department
    where dated.effective_on is not null
)

select * from renamed
