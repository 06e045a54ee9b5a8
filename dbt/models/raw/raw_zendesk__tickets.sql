{{ newest_versions(
    'zendesk__tickets',
    record_id='id',
    recorded_at=parse_timestamp('created_at'),
    changed_at=parse_timestamp('updated_at'),
    is_removed="status = 'deleted'",
    removed_at="case when status = 'deleted' then coalesce(" ~ parse_timestamp('updated_at') ~ ', landed_at) end',
) }}
