INSERT INTO figure_cache (question, size, root, answer) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (question) DO UPDATE SET size = excluded.size, root = excluded.root, answer = excluded.answer
