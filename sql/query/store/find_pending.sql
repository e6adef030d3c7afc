SELECT record_id FROM hazard WHERE revisions > 1 AND (unapproved <> 0 OR conflict <> 0)
