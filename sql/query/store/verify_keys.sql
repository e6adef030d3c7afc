SELECT key, fid, content FROM row_key ORDER BY key
