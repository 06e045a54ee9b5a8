{{ config(meta={'dagster': {'ref': {'name': 'action_results'}}}) }}

-- Two roads to the same counts: the outcomes themselves, and the renewals of the row of all.
with

outcomes as (

    select
        count(*) as outcomes,
        count(case when outcome = 'done' then 1 end) as done,
        count(case when outcome = 'wrong' then 1 end) as wrong
    from {{ ref('action_outcomes') }}

),

results as (

    select * from {{ ref('action_results') }}

),

of_all as (

    select * from results
    where driver = 'all'

)

select results.driver
from results
cross join of_all
cross join outcomes
where
    of_all.outcomes <> outcomes.outcomes
    or of_all.done <> outcomes.done
    or of_all.wrong <> outcomes.wrong
    or results.outcomes <> results.done + results.wrong
    or results.n_done > of_all.n_done
    or results.n_done + results.n_without <> of_all.n_done + of_all.n_without
    or results.churned <> of_all.churned
