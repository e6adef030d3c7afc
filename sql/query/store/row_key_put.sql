INSERT INTO row_key (key, fid, content) VALUES (?1, ?2, ?3)
ON CONFLICT (key) DO UPDATE SET fid = excluded.fid, content = excluded.content
