{{ file_versions('files__voice_of_customer') }}
