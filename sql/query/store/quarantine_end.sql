INSERT INTO quarantine_end (qid, submission, record, reason) VALUES (?1, ?2, ?3, ?4)
