{{ newest_versions(
    'bamboohr__employees',
    record_id='employeeId',
    recorded_at='landed_at',
    changed_at='cast(null as timestamp)',
    is_removed='false',
    removed_at='cast(null as timestamp)',
) }}
