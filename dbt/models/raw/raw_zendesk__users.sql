{{ newest_versions(
    'zendesk__users',
    record_id='id',
    recorded_at=parse_timestamp('created_at'),
    changed_at=parse_timestamp('updated_at'),
    is_removed="active = 'false'",
    removed_at="case when active = 'false' then coalesce(" ~ parse_timestamp('updated_at') ~ ', landed_at) end',
) }}
