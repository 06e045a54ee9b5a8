with

current_months as (

    select * from {{ ref('customer_months') }}
    where is_current

),

customers as (

    select * from {{ ref('customers') }}

),

employees as (

    select * from {{ ref('employees') }}

),

arr_due as (

    select * from {{ ref('int_customer_arr_as_of') }}

),

bands as (

    select
        retention_drivers.bucket as health_band,
        cast(retention_drivers.n - retention_drivers.retained as double) / retention_drivers.n as renewal_risk
    from {{ ref('retention_drivers') }} as retention_drivers
    inner join {{ ref('health_backtest') }} as health_backtest
        on retention_drivers.driver = health_backtest.predictor
    where
        health_backtest.predictor = 'health_score'
        and health_backtest.segment = 'all'
        and health_backtest.is_validatable

),

named as (

    select
        customers.customer_name,
        customers.domain,
        customers.industry,
        customers.region,
        customers.customer_since_on,
        customers.account_manager_id,
        account_managers.full_name as account_manager_name,
        customers.csm_id,
        csms.full_name as csm_name,
        customers.has_ghost_owner,
        customers.source_url,
        current_months.*,
        arr_due.arr_due_12m,
        bands.renewal_risk,
        round(bands.renewal_risk * arr_due.arr_due_12m, 2) as expected_loss
    from current_months
    inner join customers
        on current_months.customer_id = customers.customer_id
    left join employees as account_managers
        on customers.account_manager_id = account_managers.employee_id
    left join employees as csms
        on customers.csm_id = csms.employee_id
    left join arr_due
        on current_months.customer_id = arr_due.customer_id
        and current_months.as_of_on = arr_due.as_of_on
    left join bands
        on current_months.health_band = bands.health_band

)

select * from named
