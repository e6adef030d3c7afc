CREATE INDEX IF NOT EXISTS hazard_far ON hazard (radius_m, accuracy_m) WHERE radius_m > 500 OR accuracy_m > 500;
CREATE INDEX IF NOT EXISTS hazard_unlocated ON hazard (place_name, admin2_name, admin1_name) WHERE geometry IS NULL AND shown_as = 'danger';
CREATE INDEX IF NOT EXISTS hazard_waiting ON hazard (record_id) WHERE revisions > 1 AND (unapproved <> 0 OR conflict <> 0);
