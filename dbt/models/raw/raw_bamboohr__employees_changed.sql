{{ newest_versions(
    'bamboohr__employees_changed',
    record_id='id',
    recorded_at=parse_timestamp('lastChanged'),
    changed_at=parse_timestamp('lastChanged'),
    is_removed="lower(action) = 'deleted'",
    removed_at="case when lower(action) = 'deleted' then coalesce(" ~ parse_timestamp('lastChanged') ~ ', landed_at) end',
) }}
