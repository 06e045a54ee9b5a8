{{ file_versions('files__action_outcomes') }}
