SELECT c.record, (SELECT min(o.rid) FROM revision o WHERE o.record = c.record) AS fid FROM (SELECT DISTINCT record FROM (
 SELECT r.record AS record FROM revision r NOT INDEXED WHERE r.rid >= (SELECT first_rid FROM submission WHERE seq = ?1) AND r.kind = ?2
 UNION ALL SELECT r.record FROM ruling x CROSS JOIN revision r NOT INDEXED ON r.rid = x.rid WHERE x.by_submission >= ?1 AND r.kind = ?2
 UNION ALL SELECT r.record FROM ruling_submission x CROSS JOIN submission s ON s.seq = x.submission
  CROSS JOIN revision r NOT INDEXED ON r.rid >= s.first_rid AND r.rid < s.first_rid + s.statements WHERE x.by_submission >= ?1 AND r.kind = ?2
 UNION ALL SELECT r.record FROM erased x CROSS JOIN revision r NOT INDEXED ON r.rid = x.rid WHERE x.submission >= ?1 AND r.kind = ?2)
 LIMIT ?3) c ORDER BY fid
