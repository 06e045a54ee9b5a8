with

drivers as (

    select * from {{ sound_rows('health_drivers') }}

),

typed as (

    select
        driver,
        {{ adapter.quote('column') }} as measured_column,
        needs,
        pillar,
        {{ number_of('good_at') }} as good_at,
        {{ number_of('bad_at') }} as bad_at,
        -- Weights are summed to nine decimals: finer ones would lose more points in parts than in all.
        round({{ number_of('weight') }}, 9) as weight,
        in_confusion,
        why_text,
        bring_text
    from drivers

)

select * from typed
