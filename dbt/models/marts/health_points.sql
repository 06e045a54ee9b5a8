with

points as (

    select * from {{ ref('int_health_points_scored') }}

)

select * from points
