{{ replaced_sets('bamboohr__training_records', values=['id', 'type', 'completed']) }}
