{{ replaced_sets('bamboohr__job_info', values=['date', 'department', 'jobTitle']) }}
