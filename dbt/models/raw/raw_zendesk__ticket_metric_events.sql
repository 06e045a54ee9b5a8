{{ newest_versions(
    'zendesk__ticket_metric_events',
    record_id='id',
    recorded_at=parse_timestamp('time'),
    changed_at='cast(null as timestamp)',
    is_removed="deleted = 'true'",
    removed_at="case when deleted = 'true' then landed_at end",
) }}
