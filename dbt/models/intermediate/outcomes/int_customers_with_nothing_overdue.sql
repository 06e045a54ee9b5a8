with

current_customers as (

    select customer_id from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

terms as (

    select * from {{ ref('int_terms_as_of') }}
    where is_run_day

),

incidents as (

    select * from {{ ref('int_incidents_as_of') }}
    where is_run_day and is_open

),

goals as (

    select * from {{ ref('int_success_goals_as_of') }}
    where is_run_day

),

overdue as (

    select customer_id from terms
    where outcome = 'open' and due_on <= as_of_on

    union distinct

    select customer_id from incidents
    where resolution_due_on <= as_of_on

    union distinct

    select customer_id from incidents
    where first_response_due_on <= as_of_on and first_responded_at is null

    union distinct

    select customer_id from goals
    where status = 'active' and due_on <= as_of_on

),

-- Without ticketing nobody knows of a promise that is overdue.
at_ease as (

    select current_customers.customer_id
    from current_customers
    left join overdue
        on current_customers.customer_id = overdue.customer_id
    where
        overdue.customer_id is null
        and {{ is_connected('ticketing') }}

)

select * from at_ease
