{{ newest_versions(
    'hubspot__success_goals',
    record_id='id',
    recorded_at=parse_timestamp('createdAt'),
    changed_at='greatest(' ~ parse_timestamp('updatedAt') ~ ', ' ~ parse_timestamp('archivedAt') ~ ')',
    is_removed="archived = 'true'",
    removed_at="case when archived = 'true' then coalesce(" ~ parse_timestamp('archivedAt') ~ ', ' ~ parse_timestamp('updatedAt') ~ ', landed_at) end',
) }}
