SELECT r.rid, k.name, r.record, r.form, r.parents, r.fields, r.identity, r.sealed_key, r.leaf, x.statement, r.submission, r.kind, r.valid_from
FROM revision r JOIN kind k ON k.id = r.kind LEFT JOIN erased x ON x.rid = r.rid
WHERE r.rid >= ?1 AND r.rid < ?2 ORDER BY r.rid
