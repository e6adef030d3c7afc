-- Schema 1 of the accounts' file. It is no GeoPackage and no GIS opens it, so its tables are strict.
PRAGMA application_id = 0x46414343;
PRAGMA user_version = 1;

-- Nobody is deleted: what was done under a name stays attributable. `hash` is Argon2id and names its parameters.
-- `totp` and `totp_pending` are secrets of one-time passwords, sealed with the key beside the file. `totp_step` is
-- the step of the last one-time password accepted: none is taken twice.
CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
  name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
  role TEXT NOT NULL CHECK (role IN ('reporter', 'operator', 'officer', 'approver', 'legal', 'administrator')),
  hash TEXT NOT NULL CHECK (substr(hash, 1, 10) = '$argon2id$'),
  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  totp BLOB, totp_pending BLOB,
  totp_step INTEGER NOT NULL DEFAULT -1,
  created_us INTEGER NOT NULL,
  login_us INTEGER) STRICT;
CREATE TRIGGER account_stays BEFORE DELETE ON account
BEGIN SELECT raise(ABORT, 'accounts are disabled, never deleted'); END;

-- Who is logged in: only the SHA-256 of the session's text is here.
CREATE TABLE session (
  hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
  account INTEGER NOT NULL REFERENCES account (id),
  second_factor INTEGER NOT NULL CHECK (second_factor IN (0, 1)),
  created_us INTEGER NOT NULL,
  used_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON session (account, created_us);

-- Tokens of programs and app passwords: the SHA-256 of each. Revoked ones stay.
CREATE TABLE token (
  id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
  account INTEGER NOT NULL REFERENCES account (id),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  scope TEXT NOT NULL CHECK (scope IN ('submit', 'read')),
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  created_us INTEGER NOT NULL,
  used_us INTEGER,
  revoked_us INTEGER) STRICT;
CREATE INDEX token_account ON token (account);

-- Wrong passwords lately, by a keyed hash of the name typed, of the client's address, and of both together: neither
-- a name nor an address can be read here. Rows go after a day.
CREATE TABLE attempt (
  key BLOB PRIMARY KEY NOT NULL CHECK (length(key) = 32),
  failures INTEGER NOT NULL CHECK (failures > 0),
  last_us INTEGER NOT NULL,
  until_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_last ON attempt (last_us);

-- Every change of accounts and every login, for good.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at_us INTEGER NOT NULL,
  actor TEXT NOT NULL,
  what TEXT NOT NULL,
  account INTEGER NOT NULL REFERENCES account (id),
  detail TEXT NOT NULL) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit table is only appended to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit table is only appended to'); END;
