{{ newest_versions(
    'bamboohr__training_types',
    record_id='id',
    recorded_at='landed_at',
    changed_at='cast(null as timestamp)',
    is_removed='false',
    removed_at='cast(null as timestamp)',
) }}
