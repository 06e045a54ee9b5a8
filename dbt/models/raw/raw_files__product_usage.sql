{{ file_versions('files__product_usage') }}
