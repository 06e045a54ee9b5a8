{{ newest_versions(
    'hubspot__owners',
    record_id='id',
    recorded_at=parse_timestamp('createdAt'),
    changed_at=parse_timestamp('updatedAt'),
    is_removed="archived = 'true'",
    removed_at="case when archived = 'true' then coalesce(" ~ parse_timestamp('updatedAt') ~ ', landed_at) end',
) }}
