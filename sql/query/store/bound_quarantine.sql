SELECT qid, submission, kind, source, row, row_key, checks, reason, original, mapped, place FROM quarantine
