SELECT coalesce(max(coalesce(fields ->> '$.radius_m', 0) + coalesce(fields ->> '$.accuracy_m', 0)), 0), coalesce(max(rid), ?2)
FROM revision WHERE rid > ?2 AND kind = ?1
