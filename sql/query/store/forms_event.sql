-- How many events of the log say that this text (SHA-256 in hex) came into force.
SELECT count(*) FROM revision WHERE kind = ?1 AND fields ->> '$.type' = 'form_changed' AND fields ->> '$.sha256' = ?2
