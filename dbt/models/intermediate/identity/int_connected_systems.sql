with

loads as (
    select * from {{ ref('raw_kept__loads') }}
    where is_admitted and source_system <> 'files'
),

connected as (
    select distinct
        source_system,
        case source_system
            when 'hubspot' then 'crm'
            when 'zendesk' then 'ticketing'
            when 'bamboohr' then 'hr'
        end as capability
    from loads
)

select * from connected
