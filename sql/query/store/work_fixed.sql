CREATE TRIGGER "fallow_$T_insert" BEFORE INSERT ON "$T"
 BEGIN SELECT RAISE(ABORT, 'this table says what the work copy was made from; it cannot be changed'); END;
CREATE TRIGGER "fallow_$T_update" BEFORE UPDATE ON "$T"
 BEGIN SELECT RAISE(ABORT, 'this table says what the work copy was made from; it cannot be changed'); END;
CREATE TRIGGER "fallow_$T_delete" BEFORE DELETE ON "$T"
 BEGIN SELECT RAISE(ABORT, 'this table says what the work copy was made from; it cannot be changed'); END;
