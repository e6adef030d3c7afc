SELECT count(*) FROM account WHERE role = 'administrator' AND disabled = 0 AND id <> ?1
