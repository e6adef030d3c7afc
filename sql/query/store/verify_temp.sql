-- These names come before the register's own while the check runs.
CREATE TEMP TABLE ruling (
  rid INTEGER NOT NULL, by_submission INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (rid, by_submission)) WITHOUT ROWID;
CREATE TEMP TABLE ruling_submission (
  submission INTEGER NOT NULL, by_submission INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (submission, by_submission)) WITHOUT ROWID;
