with

customers_at_ease as (

    select * from {{ ref('int_customers_with_nothing_overdue') }}

),

customers as (

    select * from {{ ref('customers') }}

),

voice as (

    select * from {{ ref('voice_of_customer') }}
    where kind = 'opportunity' and acted_on_at is null

),

heard as (

    select
        customer_id,
        count(*) as opportunities_open,
        {{ ordered_texts('theme', ', ') }} as themes,
        {{ ordered_texts('department', ', ') }} as departments,
        min(heard_on) as first_heard_on,
        {{ ordered_texts('voice_id', ', ') }} as voice_ids
    from voice
    group by customer_id

),

last_heard as (

    select * from voice
    qualify row_number() over (partition by customer_id order by heard_at desc, voice_id) = 1

),

opportunities as (

    select
        customers.customer_id,
        customers.customer_name,
        customers.segment,
        customers.arr,
        heard.opportunities_open,
        heard.themes,
        heard.departments,
        heard.first_heard_on,
        last_heard.heard_on as last_heard_on,
        last_heard.quote as last_quote,
        heard.voice_ids,
        customers.account_manager_id,
        customers.csm_id,
        last_heard.source_system,
        last_heard.source_record_id,
        last_heard.source_url
    from customers_at_ease
    inner join customers
        on customers_at_ease.customer_id = customers.customer_id
    inner join heard
        on customers_at_ease.customer_id = heard.customer_id
    inner join last_heard
        on customers_at_ease.customer_id = last_heard.customer_id

)

select * from opportunities
