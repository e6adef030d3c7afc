SELECT k.id, k.name, f.survey, f.choices
FROM kind k JOIN form_version f ON f.kind = k.id
WHERE f.version = (SELECT max(version) FROM form_version v WHERE v.kind = k.id)
ORDER BY k.id
