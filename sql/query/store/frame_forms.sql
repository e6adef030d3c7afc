-- Every version of every form in the order in which they came into force.
SELECT k.id, k.name, f.survey, f.choices FROM form_version f JOIN kind k ON k.id = f.kind ORDER BY f.version, k.id
