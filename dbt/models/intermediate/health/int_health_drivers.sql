with

drivers as (

    {{ sound_rows('health_drivers') }}

),

typed as (

    select
        driver,
        {{ adapter.quote('column') }} as measured_column,
        needs,
        pillar,
        {{ number_of('good_at') }} as good_at,
        {{ number_of('bad_at') }} as bad_at,
        {{ number_of('weight') }} as weight,
        in_confusion,
        why_text,
        bring_text
    from drivers

)

select * from typed
