INSERT INTO ruling_submission (submission, by_submission, state) VALUES (?1, ?2, ?3)
ON CONFLICT (submission, by_submission) DO UPDATE SET state = excluded.state
