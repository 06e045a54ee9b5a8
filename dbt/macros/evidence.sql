{#- Which records show what, and what they say for themselves where an action points at them. -#}

{#-
    Every kind of evidence by the facts it is picked from (`int_<facts>_told_as_evidence`, resolutions and promises with the
    incidents): the placeholder of a driver's texts that its words fill, and the condition on a fact. Seed measure_evidence
    names them.
-#}
{% macro kinds_of_evidence() -%}
    {{ return({
        'touches': {
            'touches': ['touch', 'true'],
            'substantive_touches': ['touch', "substance = 'substantive'"],
            'courtesy_touches': ['touch', "substance = 'courtesy'"],
            'pulse_checks': ['touch', 'is_pulse_check'],
            'reactive_touches': ['touch', "initiative = 'reactive' and happened_on >= term_started_on"],
            'education_touches': ['touch', "rule_theme = 'education'"],
            'touches_with_talk_share': ['touch', 'customer_talk_share is not null'],
            'touches_by_seller': ['touch', 'is_by_seller'],
            'touches_around_silence': ['touch', 'is_around_silence'],
            'words_from_customer': ['touch', "direction = 'inbound'"],
            'holding_replies': ['holding_reply', 'is_holding_reply'],
            'pitches': ['pitch', 'is_sales'],
        },
        'deals': {
            'offers': ['pitch', 'true'],
        },
        'account_reviews': {
            'account_reviews': ['review', 'true'],
        },
        'assignments': {
            'team': ['holder', 'is_running'],
            'newcomers': ['newcomer', 'is_running and is_newcomer'],
            'ghosts': ['ghost', 'is_running and is_ghost'],
            'vacant_roles': ['role', 'is_last_of_vacant_role'],
            'changes': ['change', 'is_change'],
            'changes_by_leaving': ['change', "is_change and end_cause = 'employee_left'"],
            'changes_by_move': ['change', "is_change and end_cause = 'internal_move'"],
            'changes_by_reassignment': ['change', "is_change and end_cause = 'reassignment'"],
            'cold_handoffs': ['change', "is_change and handoff = 'cold'"],
            'sellers': ['seller', 'is_seller_of_first_win'],
        },
        'incidents': {
            'incidents': ['incident', 'true'],
            'open_incidents': ['incident', 'is_open'],
            'severe_incidents': ['incident', 'is_severe'],
            'surprises': ['incident', 'is_surprise'],
            'late_discrepancies': ['incident', "category = 'discrepancy' and phase <> 'before_start'"],
            'reopened_incidents': ['incident', 'reopen_count > 0'],
            'repeat_incidents': ['incident', 'repeat_of is not null'],
            'second_incidents': ['incident', 'days_since_previous_incident <= 90'],
            'warned_incidents': ['incident', 'was_warned'],
            'quiet_incidents': ['incident', 'is_quiet_since'],
        },
        'resolutions': {
            'resolved_incidents': ['incident', 'true'],
        },
        'promises': {
            'broken_promises': ['promise', 'true'],
            'overdue_promises': ['promise', 'is_overdue'],
        },
        'voice': {
            'voice': ['voice', 'true'],
            'unanswered_warnings': ['warning', "voice_kind = 'warning' and acted_on_at is null"],
            'proven_warnings': ['warning', "voice_kind = 'warning' and has_come_true"],
            'unmet_expectations': ['expectation', "voice_kind = 'expectation' and acted_on_at is null"],
            'open_opportunities': ['opportunity', "voice_kind = 'opportunity' and acted_on_at is null"],
        },
        'surveys': {
            'surveys': ['survey', 'true'],
            'answers': ['survey', 'is_answered'],
            'unacted_answers': ['survey', 'is_answered and acted_on_at is null'],
            'last_nps_answer': ['survey', "survey_type = 'nps' and is_last_score"],
            'last_csat_answer': ['survey', "survey_type = 'csat' and is_last_score"],
        },
        'terms': {
            'next_term': ['renewal', 'is_next'],
        },
        'usage': {
            'usage': ['usage', 'true'],
        },
        'goals': {
            'goals': ['goal', 'true'],
            'unmet_goals': ['goal', 'is_unmet'],
        },
    }) }}
{%- endmacro %}

{#-
    A select of a relation's newest rows of each customer for every kind of evidence picked from these facts, with
    `evidence`, `kind` and `position`. The relation has customer_id, happened_on and fact_id. Five are as many as anybody
    looks up before a call; the customer's page has them all.
-#}
{% macro newest_evidence(relation, facts) -%}
    {%- for evidence, kind_and_condition in kinds_of_evidence()[facts].items() %}
    select
        {{ relation }}.*,
        '{{ evidence }}' as evidence,
        '{{ kind_and_condition[0] }}' as kind,
        row_number() over (
            partition by customer_id
            order by happened_on desc, length(fact_id) desc, fact_id desc
        ) as position
    from {{ relation }}
    where {{ kind_and_condition[1] }}
    qualify
        row_number() over (
            partition by customer_id
            order by happened_on desc, length(fact_id) desc, fact_id desc
        ) <= 5
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- What somebody said or wrote, in quotes, short enough for a sentence and without its full stop; null stays null. -#}
{% macro in_quotes(text) -%}
    '“' || case
        when length({{ text }}) > 160 then trim(substr({{ text }}, 1, 159)) || '…'
        else trim(trailing '.' from {{ text }})
    end || '”'
{%- endmacro %}

{#- A day as the reports write it. -#}
{% macro day_in_words(day) -%}
    cast({{ day }} as {{ dbt.type_string() }})
{%- endmacro %}

{#- A number as a person writes it: whole from 10 on, else with up to two decimals. -#}
{% macro number_in_words(number) -%}
    case
        when abs({{ number }}) >= 10 or round({{ number }}, 2) = round({{ number }}, 0)
            then cast(cast(round({{ number }}, 0) as {{ dbt.type_bigint() }}) as {{ dbt.type_string() }})
        when round({{ number }}, 2) = round({{ number }}, 1)
            then cast(cast({{ number }} as decimal(18, 1)) as {{ dbt.type_string() }})
        else cast(cast({{ number }} as decimal(18, 2)) as {{ dbt.type_string() }})
    end
{%- endmacro %}

{#- A code of the mart in words. -#}
{% macro code_in_words(code) -%}
    case {{ code }}
        when 'csm' then 'CSM'
        when 'nps' then 'NPS'
        when 'csat' then 'CSAT'
        when 'ces' then 'CES'
        when 'email' then 'e-mail'
        when 'other' then 'other problem'
        else replace({{ code }}, '_', ' ')
    end
{%- endmacro %}
