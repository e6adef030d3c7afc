INSERT INTO ruling (rid, by_submission, state) VALUES (?1, ?2, ?3)
ON CONFLICT (rid, by_submission) DO UPDATE SET state = excluded.state
