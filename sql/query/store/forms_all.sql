-- Every version of every form, and the first one of its kind.
SELECT k.name, f.version, f.survey, f.choices, (SELECT min(g.version) FROM form_version g WHERE g.kind = f.kind)
FROM form_version f JOIN kind k ON k.id = f.kind ORDER BY k.name, f.version
