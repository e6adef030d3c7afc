BEGIN IMMEDIATE;
UPDATE fallow_guard SET open = 1;
DELETE FROM ruling;
DELETE FROM ruling_submission;
DELETE FROM row_key;
DELETE FROM layer_state;
DELETE FROM note;
DELETE FROM figure_cache;
