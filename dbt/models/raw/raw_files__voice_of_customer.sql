{{ newest_versions(
    'files__voice_of_customer',
    record_id='record_id',
    recorded_at='landed_at',
    changed_at='cast(null as timestamp)',
    is_removed='false',
    removed_at='cast(null as timestamp)',
) }}
