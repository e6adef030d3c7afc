SELECT r.rid, r.submission, r.kind, r.form, r.parents, r.valid_from, r.fields, r.leaf, r.identity IS NOT NULL, s.received_us,
 coalesce((SELECT state FROM (
   SELECT by_submission, state, 1 AS own FROM ruling WHERE rid = r.rid AND by_submission < ?2
   UNION ALL
   SELECT by_submission, state, 0 FROM ruling_submission WHERE submission = r.submission AND by_submission < ?2)
  ORDER BY by_submission DESC, own DESC LIMIT 1), 0),
 EXISTS (SELECT 1 FROM erased x WHERE x.rid = r.rid)
FROM revision r LEFT JOIN submission s ON s.seq = r.submission
WHERE r.record = ?1 AND r.submission < ?2 ORDER BY r.rid
