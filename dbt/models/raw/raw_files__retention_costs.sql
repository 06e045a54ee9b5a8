{{ file_versions('files__retention_costs') }}
