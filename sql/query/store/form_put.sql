INSERT INTO form_version (kind, version, survey, choices, submission) VALUES (?1, ?2, ?3, ?4, ?5)
