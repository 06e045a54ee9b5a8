{{ replaced_sets('bamboohr__job_info', values=['department', 'jobTitle']) }}
