{{ newest_versions(
    'zendesk__ticket_events',
    record_id='id',
    recorded_at=parse_timestamp('created_at'),
    changed_at='cast(null as timestamp)',
    is_removed='false',
    removed_at='cast(null as timestamp)',
) }}
