SELECT r.rid, r.submission, r.kind, r.form, r.parents, r.valid_from, r.fields, r.leaf, r.identity IS NOT NULL, s.received_us,
 coalesce((SELECT state FROM (
   SELECT by_submission, state, 1 AS own FROM ruling WHERE rid = r.rid
   UNION ALL
   SELECT by_submission, state, 0 FROM ruling_submission WHERE submission = r.submission)
  ORDER BY by_submission DESC, own DESC LIMIT 1), 0),
 EXISTS (SELECT 1 FROM erased x WHERE x.rid = r.rid), r.record
FROM revision r LEFT JOIN submission s ON s.seq = r.submission
WHERE r.kind = ?1 ORDER BY r.rid
