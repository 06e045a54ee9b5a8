{{ replaced_sets('bamboohr__employment_status', values=['date', 'employmentStatus']) }}
