{{ newest_versions(
    'zendesk__sla_policies',
    record_id='id',
    recorded_at=parse_timestamp('created_at'),
    changed_at=parse_timestamp('updated_at'),
    is_removed='false',
    removed_at='cast(null as timestamp)',
) }}
