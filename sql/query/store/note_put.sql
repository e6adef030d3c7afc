INSERT INTO note (rid, chk, other, detail) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (rid, chk, other) DO NOTHING
