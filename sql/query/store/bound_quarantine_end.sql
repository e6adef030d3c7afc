SELECT qid, submission, record, reason FROM quarantine_end
