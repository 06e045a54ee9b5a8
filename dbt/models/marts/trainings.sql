with

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

trainings as (

    select * from {{ ref('int_trainings_known') }}

),

published as (

    select
        trainings.training_id,
        trainings.employee_id,
        trainings.training,
        trainings.completed_on,
        trainings.source_system,
        trainings.source_record_id,
        trainings.source_url,
        trainings.recorded_at
    from trainings
    inner join run_day
        on trainings.known_from_on <= run_day.as_of_on
        and (trainings.known_until_on is null or trainings.known_until_on > run_day.as_of_on)

)

select * from published
