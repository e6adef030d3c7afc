INSERT INTO layer_state (kind, latest) VALUES (?1, ?2) ON CONFLICT (kind) DO UPDATE SET latest = max(latest, excluded.latest)
