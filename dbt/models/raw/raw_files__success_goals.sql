{{ file_versions('files__success_goals') }}
