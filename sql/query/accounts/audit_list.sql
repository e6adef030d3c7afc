SELECT u.at_us, u.actor, u.what, a.name, u.detail FROM audit u JOIN account a ON a.id = u.account ORDER BY u.seq
