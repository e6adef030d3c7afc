CREATE TRIGGER "fallow_$T_same" BEFORE UPDATE ON "$T"
 WHEN (NEW.record_id IS NOT NULL AND NEW.record_id IS NOT OLD.record_id) OR (NEW.base IS NOT NULL AND NEW.base IS NOT OLD.base)
 BEGIN SELECT RAISE(ABORT, 'record_id and base say which record a row is; they cannot be changed'); END;
CREATE TRIGGER "fallow_$T_insert" AFTER INSERT ON "$T"
 BEGIN
 UPDATE "$T" SET record_id = NULL, base = NULL WHERE fid = NEW.fid AND (record_id IS NOT NULL OR base IS NOT NULL);
 INSERT INTO fallow_outbox (layer, row, op, at) VALUES ('$T', NEW.fid, 'insert', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
 END;
CREATE TRIGGER "fallow_$T_update" AFTER UPDATE ON "$T"
 BEGIN
 INSERT INTO fallow_outbox (layer, row, record_id, base, op, at)
 VALUES ('$T', NEW.fid, OLD.record_id, OLD.base, 'update', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
 END;
CREATE TRIGGER "fallow_$T_delete" AFTER DELETE ON "$T"
 BEGIN
 INSERT INTO fallow_outbox (layer, row, record_id, base, op, at)
 VALUES ('$T', OLD.fid, OLD.record_id, OLD.base, 'delete', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
 END;
