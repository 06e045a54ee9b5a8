with

crm_goals as (

    select * from {{ ref('int_success_goals') }}

),

crm_history as (

    select * from {{ ref('int_success_goal_history') }}

),

file_goals as (

    select * from {{ ref('stg_files__success_goals') }}

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

-- A goal is known from its creation, be nothing else filled in.
crm_changes as (

    select
        success_goal_id,
        term,
        value,
        changed_at,
        changed_on,
        position
    from crm_history

    union all

    select
        success_goal_id,
        'agreed_on' as term,
        cast(null as {{ dbt.type_string() }}) as value,
        recorded_at as changed_at,
        recorded_on as changed_on,
        1000000 as position
    from crm_goals

),

crm_versions as (

    {{ term_versions('crm_changes', 'success_goal_id', ['agreed_on', 'due_on', 'met_on', 'status']) }}

),

goals_of_crm as (

    select
        crm_goals.success_goal_id,
        crm_goals.source_system || ':' || crm_goals.company_record_id as company_id,
        crm_goals.goal,
        coalesce({{ parse_date('crm_versions.agreed_on') }}, crm_goals.recorded_on) as agreed_on,
        {{ parse_date('crm_versions.due_on') }} as due_on,
        {{ parse_date('crm_versions.met_on') }} as met_on,
        lower(crm_versions.status) as status,
        greatest(crm_versions.known_from_on, crm_goals.recorded_on) as stated_on,
        greatest(crm_versions.known_from_on, crm_goals.recorded_on) as known_from_on,
        least(crm_versions.known_until_on, crm_goals.removed_on) as known_until_on,
        crm_goals.source_system,
        crm_goals.source_record_id,
        crm_goals.source_url,
        crm_goals.recorded_at,
        crm_goals.removed_at,
        crm_goals.removed_on
    from crm_versions
    inner join crm_goals
        on crm_versions.success_goal_id = crm_goals.success_goal_id

),

-- A file's word counts from its own days where the table's first files say it, but when it was said is its landing.
goals_of_files as (

    select
        success_goal_id,
        customer_reference as company_id,
        goal,
        agreed_on,
        due_on,
        met_on,
        status,
        {{ day_of('first_landed_at') }} as stated_on,
        recorded_on as known_from_on,
        removed_on as known_until_on,
        source_system,
        source_record_id,
        source_url,
        recorded_at,
        cast(null as timestamp) as removed_at,
        cast(null as date) as removed_on
    from file_goals

),

goals as (

    select * from goals_of_crm
    union all
    select * from goals_of_files

),

known as (

    select
        goals.success_goal_id,
        companies.customer_id,
        goals.goal,
        goals.agreed_on,
        goals.due_on,
        goals.met_on,
        case when goals.status in ('active', 'met', 'missed', 'dropped') then goals.status end as status,
        goals.stated_on,
        goals.known_from_on,
        goals.known_until_on,
        goals.source_system,
        goals.source_record_id,
        goals.source_url,
        goals.recorded_at,
        goals.removed_at,
        goals.removed_on
    from goals
    left join companies
        on goals.company_id = companies.company_id
    where goals.known_until_on is null or goals.known_from_on < goals.known_until_on

)

select * from known
