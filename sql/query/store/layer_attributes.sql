INSERT INTO gpkg_contents (table_name, data_type, identifier, description)
 VALUES ('$T', 'attributes', '$T', 'what the register shows now; other programs may read it, only the program writes it');
CREATE TRIGGER "$T_refuse_insert" BEFORE INSERT ON "$T" WHEN (SELECT open FROM fallow_guard) = 0
 BEGIN SELECT RAISE(ABORT, 'a register is not edited directly: run fallow workcopy, edit the copy, hand it back with fallow import --edits'); END;
CREATE TRIGGER "$T_refuse_update" BEFORE UPDATE ON "$T" WHEN (SELECT open FROM fallow_guard) = 0
 BEGIN SELECT RAISE(ABORT, 'a register is not edited directly: run fallow workcopy, edit the copy, hand it back with fallow import --edits'); END;
CREATE TRIGGER "$T_refuse_delete" BEFORE DELETE ON "$T" WHEN (SELECT open FROM fallow_guard) = 0
 BEGIN SELECT RAISE(ABORT, 'a register is not edited directly: run fallow workcopy, edit the copy, hand it back with fallow import --edits'); END;
