SELECT kind, version, survey, choices, submission FROM form_version
