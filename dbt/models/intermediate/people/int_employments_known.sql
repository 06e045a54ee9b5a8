with

employees as (

    select * from {{ ref('int_employees') }}

),

employment_history as (

    select * from {{ ref('int_employment_history') }}

),

-- A row counts once it is both recorded and in effect, so that one day answers for both clocks.
statements as (

    select
        employment_history.employee_id,
        employment_history.effective_on,
        employment_history.ends_employment,
        false as is_hire_date,
        greatest(employment_history.recorded_on, employment_history.effective_on) as counts_from_on,
        least(employment_history.removed_on, employees.removed_on) as removed_on
    from employment_history
    inner join employees
        on employment_history.employee_id = employees.employee_id
    where employment_history.effective_on is not null

    union all

    select
        employee_id,
        hire_date as effective_on,
        false as ends_employment,
        true as is_hire_date,
        greatest(recorded_on, hire_date) as counts_from_on,
        removed_on
    from employees
    where hire_date is not null

),

days_of_change as (

    select
        employee_id,
        counts_from_on as known_from_on
    from statements

    union distinct

    select
        employee_id,
        removed_on as known_from_on
    from statements
    where removed_on is not null

),

periods_of_knowledge as (

    select
        employee_id,
        known_from_on,
        lead(known_from_on) over (partition by employee_id order by known_from_on) as known_until_on
    from days_of_change

),

-- HR overwrites the hire date at a rehire, so it speaks only where no status row does.
statements_known as (

    select
        periods_of_knowledge.employee_id,
        periods_of_knowledge.known_from_on,
        periods_of_knowledge.known_until_on,
        statements.effective_on,
        statements.ends_employment
    from periods_of_knowledge
    inner join statements
        on periods_of_knowledge.employee_id = statements.employee_id
        and periods_of_knowledge.known_from_on >= statements.counts_from_on
        and (statements.removed_on is null or statements.removed_on > periods_of_knowledge.known_from_on)
    qualify
        not statements.is_hire_date
        or min(case when statements.is_hire_date then 1 else 0 end) over (
            partition by periods_of_knowledge.employee_id, periods_of_knowledge.known_from_on
        ) = 1

),

-- On one and the same day the end of an employment stands: only a later status is a rehire.
compared_with_the_statement_before as (

    select
        *,
        lag(ends_employment) over (
            partition by employee_id, known_from_on
            order by effective_on, ends_employment
        ) as ended_before
    from statements_known

),

numbered as (

    select
        *,
        sum(case when ended_before is null or (ended_before and not ends_employment) then 1 else 0 end) over (
            partition by employee_id, known_from_on
            order by effective_on, ends_employment
            rows between unbounded preceding and current row
        ) as employment_number
    from compared_with_the_statement_before

),

employments as (

    select
        employee_id,
        known_from_on,
        known_until_on,
        cast(employment_number as {{ dbt.type_bigint() }}) as employment_number,
        min(case when not ends_employment then effective_on end) as hired_on,
        min(case when ends_employment then effective_on end) as terminated_on
    from numbered
    group by employee_id, known_from_on, known_until_on, employment_number

),

followed_by_rehires as (

    select
        *,
        lead(hired_on) over (partition by employee_id, known_from_on order by employment_number) as rehired_on
    from employments

)

select * from followed_by_rehires
