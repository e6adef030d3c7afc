SELECT q.qid, x.qid IS NOT NULL FROM quarantine q LEFT JOIN quarantine_end x ON x.qid = q.qid WHERE q.row_key = ?1
