SELECT k.fid, k.content, r.record, r.kind FROM row_key k JOIN revision r ON r.rid = k.fid WHERE k.key = ?1
