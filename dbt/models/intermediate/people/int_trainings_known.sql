with

training_history as (

    select * from {{ ref('int_training_history') }}

),

employees as (

    select * from {{ ref('int_employees') }}

),

-- A record counts once it is both recorded and completed, so that one day answers for both clocks.
trainings as (

    select
        training_history.training_id,
        employees.employee_id,
        training_history.training,
        training_history.completed_on,
        greatest(training_history.recorded_on, training_history.completed_on) as known_from_on,
        least(training_history.removed_on, employees.removed_on) as known_until_on,
        training_history.source_system,
        training_history.source_object,
        training_history.source_record_id,
        training_history.source_url,
        training_history.recorded_at,
        training_history.employee_id as reference,
        training_history.first_landed_at,
        training_history.last_landed_at
    from training_history
    left join employees
        on training_history.employee_id = employees.employee_id

)

select * from trainings
where known_until_on is null or known_until_on > known_from_on
