SELECT f.version, f.survey, f.choices FROM form_version f JOIN kind k ON k.id = f.kind
WHERE k.name = ?1 AND (?2 = 0 OR f.version = ?2) ORDER BY f.version DESC LIMIT 1
