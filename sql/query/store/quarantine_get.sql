SELECT q.qid, q.submission, q.kind, q.source, q.row, q.row_key, q.checks, q.reason, q.original, q.mapped, q.place,
 s.received_us, x.submission, x.record, x.reason
FROM quarantine q LEFT JOIN submission s ON s.seq = q.submission LEFT JOIN quarantine_end x ON x.qid = q.qid
WHERE q.qid = ?1
