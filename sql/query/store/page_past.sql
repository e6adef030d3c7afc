SELECT r.record, r.rid FROM revision r WHERE r.rid > ?1 AND r.kind = ?2 AND r.submission < ?3
 AND NOT EXISTS (SELECT 1 FROM revision p WHERE p.record = r.record AND p.rid < r.rid) ORDER BY r.rid
