{%- set placeholders = action_placeholders() -%}

with

actions as (

    select * from {{ ref('int_drivers_chosen_for_action') }}

),

evidence as (

    select * from {{ ref('int_action_evidence') }}

),

evidence_of_measures as (

    select * from {{ ref('measure_evidence') }}

),

in_window as (

    select
        actions.customer_id,
        actions.driver,
        evidence.*,
        evidence_of_measures.position as evidence_position,
        (
            evidence_of_measures.days is null
            or {{ days_between('evidence.happened_on', 'actions.as_of_on') }} < evidence_of_measures.days
        ) as is_within
    from actions
    inner join evidence_of_measures
        on actions.measured_column = evidence_of_measures.measured_column
    inner join evidence
        on actions.customer_id = evidence.customer_id
        and evidence_of_measures.evidence = evidence.evidence

),

compared_with_the_window as (

    select
        *,
        not bool_or(is_within) over (partition by customer_id, driver, evidence_position) as is_absence
    from in_window

),

-- Where nothing happened in the days that count, that is the evidence, and the last time it did says since when.
counted as (

    select * from compared_with_the_window
    where
        is_within
        or (is_absence and position = 1)
    qualify row_number() over (partition by customer_id, driver, fact_id order by evidence_position, position) = 1

),

listed as (

    select
        *,
        row_number() over (partition by customer_id, driver order by evidence_position, position) as list_position,
        row_number() over (partition by customer_id, driver, kind order by evidence_position, position) as position_of_kind
    from counted

),

facts_of_customers as (

    select
        customer_id,
        {%- for placeholder, filling in placeholders.items() %}
        coalesce(
            {%- for evidence in filling.evidence %}
            max(case when evidence = '{{ evidence }}' and position = 1 then words end){{ ',' if not loop.last }}
            {%- endfor %}
        ) as {{ placeholder }}{{ ',' if not loop.last }}
        {%- endfor %}
    from evidence
    group by customer_id

),

gathered as (

    select
        customer_id,
        driver,
        {{ json_objects(
            {
                'fact_table': 'fact_table',
                'fact_id': 'fact_id',
                'happened_on': 'happened_on',
                'words': 'words',
                'source_system': 'source_system',
                'source_record_id': 'source_record_id',
                'source_url': 'source_url',
            },
            'list_position',
        ) }} as evidence,
        bool_or(evidence_position = 1 and is_within) as has_evidence,
        max(case when evidence_position = 1 and is_absence then words end) as last_words,
        bool_or(is_overdue) as has_overdue_promise,
        {%- for placeholder in placeholders %}
        max(case when kind = '{{ placeholder }}' and position_of_kind = 1 then words end)
            as {{ placeholder }}{{ ',' if not loop.last }}
        {%- endfor %}
    from listed
    group by customer_id, driver

),

gathered_for_actions as (

    select
        actions.customer_id,
        actions.driver,
        coalesce(gathered.evidence, '[]') as evidence,
        (
            first_evidence.days is not null
            and not coalesce(gathered.has_evidence, false)
        ) as is_evidence_absence,
        gathered.last_words,
        coalesce(gathered.has_overdue_promise, false) as has_overdue_promise,
        {%- for placeholder, filling in placeholders.items() %}
        coalesce(gathered.{{ placeholder }}, facts_of_customers.{{ placeholder }}, '{{ filling.otherwise }}')
            as {{ placeholder }}{{ ',' if not loop.last }}
        {%- endfor %}
    from actions
    left join gathered
        on actions.customer_id = gathered.customer_id
        and actions.driver = gathered.driver
    left join evidence_of_measures as first_evidence
        on actions.measured_column = first_evidence.measured_column
        and first_evidence.position = 1
    left join facts_of_customers
        on actions.customer_id = facts_of_customers.customer_id

)

select * from gathered_for_actions
