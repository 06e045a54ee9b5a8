with

touches as (

    select * from {{ ref('int_touches_known') }}

),

departments as (

    select * from {{ ref('int_employee_departments') }}

),

contacts as (

    select * from {{ ref('int_touches_linked_to_contacts') }}
    where {{ is_known('known_from_on', 'known_until_on') }}

),

first_contacts as (

    select * from contacts
    qualify row_number() over (partition by touch_id order by length(contact_id), contact_id) = 1

),

latest as (

    select * from touches
    qualify row_number() over (partition by touch_id order by known_from_on desc) = 1

),

classified as (

    select
        latest.touch_id,
        latest.customer_id,
        latest.occurred_at,
        latest.occurred_on,
        latest.channel,
        latest.direction,
        latest.initiative,
        latest.substance,
        latest.substance_rule,
        latest.rule_theme,
        latest.theme,
        latest.is_sales,
        latest.is_two_way,
        latest.is_pulse_check,
        latest.is_holding_reply,
        latest.employee_id,
        departments.department,
        first_contacts.contact_id,
        first_contacts.persona,
        latest.customer_talk_share,
        latest.duration_minutes,
        latest.source_system,
        latest.source_object,
        latest.source_record_id,
        latest.source_url,
        latest.recorded_at,
        latest.recorded_on,
        latest.removed_at,
        latest.removed_on
    from latest
    left join first_contacts
        on latest.touch_id = first_contacts.touch_id
    left join departments
        on latest.employee_id = departments.employee_id
        and latest.occurred_on >= departments.from_on
        and (departments.until_on is null or latest.occurred_on < departments.until_on)

)

select * from classified
