{{ newest_versions(
    'zendesk__organizations',
    record_id='id',
    recorded_at=parse_timestamp('created_at'),
    changed_at='greatest(' ~ parse_timestamp('updated_at') ~ ', ' ~ parse_timestamp('deleted_at') ~ ')',
    is_removed='deleted_at is not null',
    removed_at=parse_timestamp('deleted_at'),
) }}
