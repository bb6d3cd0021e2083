-- Who may look and act, and what they did.  All times are microseconds since
-- 1970-01-01 UTC.

-- A person who may open the pages.  Nobody is deleted: the audit log names them.
CREATE TABLE person (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE     -- what is typed at login; REMOTE_USER's value
              CHECK (length(name) BETWEEN 1 AND 128),
  role        TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  password    TEXT,                    -- scrypt, see crypto/password.h; NULL: cannot log in by one
  totp        TEXT,                    -- sealed secret of the second factor; NULL: none
  totp_step   INTEGER NOT NULL DEFAULT 0,  -- the last step that was used: a code counts once
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  seen_at     INTEGER,                 -- last login
  disabled_at INTEGER
) STRICT;

-- Logged in: the cookie's SHA-256, so that the table opens no door.
CREATE TABLE login (
  token       TEXT PRIMARY KEY,        -- hex
  person      INTEGER NOT NULL REFERENCES person (id),
  form_token  TEXT NOT NULL,           -- what each form of this login must say
  remote_addr TEXT,
  agent       TEXT,
  created_at  INTEGER NOT NULL,
  seen_at     INTEGER NOT NULL,        -- to the minute
  ends_at     INTEGER NOT NULL         -- whatever happens
) STRICT, WITHOUT ROWID;
CREATE INDEX login_person ON login (person);

-- Wrong passwords, by what they came from: 'addr:192.0.2.1', 'device:...' or
-- 'new:NAME', the last being for a name tried from an unknown browser.
CREATE TABLE login_failure (
  source      TEXT PRIMARY KEY,
  times       INTEGER NOT NULL,
  last_at     INTEGER NOT NULL,
  until       INTEGER NOT NULL         -- no attempt is looked at before
) STRICT, WITHOUT ROWID;

-- Every action of a person, refused ones too; never changed, never emptied.
CREATE TABLE audit_log (
  id          INTEGER PRIMARY KEY,
  at          INTEGER NOT NULL,
  who         TEXT NOT NULL,           -- person.name, 'cli:user'; 'nobody'
  via         TEXT NOT NULL CHECK (via IN ('page', 'command', 'api')),
  remote_addr TEXT,
  action      TEXT NOT NULL,           -- 'event.retry', 'login', 'refused'
  subject     TEXT,                    -- 'event:12', 'person:anna'
  result      TEXT NOT NULL CHECK (result IN ('done', 'refused', 'failed')),
  before      TEXT,                    -- JSON, as far as there is something to compare
  after       TEXT
) STRICT;
CREATE INDEX audit_log_subject ON audit_log (subject, id);

-- A view of the log that somebody wants again: the query of its address.
CREATE TABLE saved_filter (
  id          INTEGER PRIMARY KEY,
  person      INTEGER NOT NULL REFERENCES person (id),
  name        TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  query       TEXT NOT NULL CHECK (length(query) <= 2000),
  created_at  INTEGER NOT NULL,
  UNIQUE (person, name)
) STRICT;

-- What an attempt changed in the books: a JSON array of
-- ["table","+" or "=" or "-",key,{column: value, or [before, after]}], see
-- store/changes.h.
ALTER TABLE attempt ADD COLUMN changes TEXT;

-- What people settled by hand: few, and looked for as such.
CREATE INDEX event_resolved ON event (id) WHERE outcome = 'resolved';
