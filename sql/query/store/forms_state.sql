-- A number that grows when a form gets a new version or a kind is added.
SELECT count(*) FROM form_version
