{{ newest_versions(
    'zendesk__groups',
    record_id='id',
    recorded_at=parse_timestamp('created_at'),
    changed_at=parse_timestamp('updated_at'),
    is_removed="deleted = 'true'",
    removed_at="case when deleted = 'true' then coalesce(" ~ parse_timestamp('updated_at') ~ ', landed_at) end',
) }}
