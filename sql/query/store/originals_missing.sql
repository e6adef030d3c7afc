-- Sources whose original file the register does not note (?1 = kind of sources).
SELECT DISTINCT r.fields ->> '$.file' FROM revision r
WHERE r.kind = ?1 AND length(r.fields ->> '$.file') = 64 AND NOT EXISTS (SELECT 1 FROM original o WHERE o.sha256 = unhex(r.fields ->> '$.file'))
