with

observed_terms as (

    select * from {{ ref('int_terms_observed') }}

),

in_segments as (

    select segment, term_number, is_decided, is_lost, is_late_entry from observed_terms
    union all
    select 'all' as segment, term_number, is_decided, is_lost, is_late_entry from observed_terms

),

counted as (

    select
        term_number,
        segment,
        count(case when is_decided then 1 end) as due,
        count(case when is_lost then 1 end) as lost,
        count(case when not is_decided then 1 end) as running,
        count(case when is_late_entry then 1 end) as entered_late
    from in_segments
    group by
        term_number,
        segment

),

hazards as (

    -- Where all that were due are lost, survival is nought from there on, and neither sum has an end.
    select
        counted.*,
        lost / nullif(cast(due as double), 0) as hazard,
        case when lost < due then ln((due - lost) / cast(due as double)) else 0 end as log_kept,
        case when lost < due then lost / (cast(due as double) * (due - lost)) else 0 end as variance,
        due > 0 and lost = due as is_end
    from counted

),

multiplied as (

    select
        hazards.*,
        {{ exact_sum('log_kept', 'so_far', 15) }} as log_survival,
        {{ exact_sum('variance', 'so_far', 15) }} as log_variance,
        bool_or(is_end) over so_far as is_extinct
    from hazards
    window so_far as (
        partition by segment
        order by term_number
        rows between unbounded preceding and current row
    )

),

survived as (

    select
        multiplied.*,
        case
            when due = 0 then null
            when is_extinct then 0.0
            else round(exp(log_survival), 12)
        end as survival,
        -- Greenwood's variance on the log-log scale; where nobody or everybody was lost it has no width to tell.
        case
            when due > 0 and not is_extinct and log_survival < 0
                then {{ z_95() }} * sqrt(log_variance) / abs(log_survival)
        end as log_log_width
    from multiplied

),

survival as (

    select
        term_number,
        segment,
        due,
        lost,
        running,
        entered_late,
        hazard,
        survival,
        round(exp(log_survival * exp(log_log_width)), 12) as survival_low,
        round(exp(log_survival * exp(-log_log_width)), 12) as survival_high
    from survived

)

select * from survival
