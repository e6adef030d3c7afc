SELECT q.qid, q.submission, q.kind, q.source, q.row, q.row_key, q.checks, q.reason, q.original, q.mapped, q.place,
 s.received_us, x.submission, x.record, x.reason
FROM quarantine q LEFT JOIN submission s ON s.seq = q.submission LEFT JOIN quarantine_end x ON x.qid = q.qid
WHERE (?1 = 0 OR q.kind = ?1) AND (?2 OR x.qid IS NULL) ORDER BY q.qid
