-- The interface for the site's own application.  All times are microseconds since
-- 1970-01-01 UTC.

-- A token that a program shows; its text is known by its hash alone, and has the
-- id in it, so hashes need no index.
CREATE TABLE api_token (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  prefix     TEXT NOT NULL,           -- its first characters, to tell it by
  hash       TEXT NOT NULL,           -- SHA-256 of the text, hex
  scopes     TEXT NOT NULL,           -- 'credits:burn users:read', or '*'
  rate       INTEGER,                 -- requests a second; NULL: as the settings say
  created_at INTEGER NOT NULL,
  expires_at INTEGER,                 -- NULL: never
  used_at    INTEGER,                 -- to the minute
  revoked_at INTEGER
) STRICT;

-- What was answered to a request with an Idempotency-Key: asked again, it is
-- answered the same, and nothing is done.  Kept for a day.
CREATE TABLE api_answer (
  key        TEXT NOT NULL,
  request    TEXT NOT NULL,           -- SHA-256 of method, path and body, hex
  status     INTEGER NOT NULL,
  type       TEXT NOT NULL,           -- of the answer: 'application/json'
  body       TEXT,                    -- NULL: had a secret, and nothing to seal it with
  sealed     INTEGER NOT NULL DEFAULT 0 CHECK (sealed = 0 OR sealed = 1),
  token      INTEGER NOT NULL REFERENCES api_token (id),  -- whose answer it is
  created_at INTEGER NOT NULL,
  PRIMARY KEY (key, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_answer_age ON api_answer (created_at);

-- What the application calls a user it made; Clerk's external_id is Clerk's word.
ALTER TABLE site_user ADD COLUMN app_id TEXT;
CREATE INDEX site_user_app ON site_user (app_id) WHERE app_id IS NOT NULL;
CREATE INDEX site_user_external ON site_user (external_id) WHERE external_id IS NOT NULL;

-- Whom a mail went to: bare addresses in lower case, so that one person's mails are
-- found; created_at as in email.  And the orders in which mails are listed.
CREATE TABLE email_recipient (
  address    TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  email_id   TEXT NOT NULL REFERENCES email (email_id),
  PRIMARY KEY (address, created_at, email_id)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO email_recipient (address, created_at, email_id)
  SELECT lower(trim(CASE WHEN r.value LIKE '%<%>' THEN rtrim(substr(r.value, instr(r.value, '<') + 1), '>')
    ELSE r.value END)), e.created_at, e.email_id
  FROM email e, json_each(CASE WHEN json_valid(e.recipients) THEN e.recipients ELSE '[]' END) r
  WHERE r.type = 'text' AND trim(r.value) <> '';
CREATE INDEX email_recipient_of ON email_recipient (email_id, address);
CREATE INDEX email_created ON email (created_at, email_id);
CREATE INDEX email_state ON email (state, created_at, email_id);
CREATE INDEX suppression_age ON suppression (created_at, address);
-- Bills of a customer whom nobody has linked yet.
CREATE INDEX invoice_nobodys ON invoice (customer) WHERE owner IS NULL AND customer IS NOT NULL;
CREATE INDEX invoice_subscription ON invoice (subscription) WHERE subscription IS NOT NULL;

-- Credits that were moved and what became of mails are counted over time, too.
INSERT INTO mark (name, value) VALUES ('counted_transfers', 0), ('counted_mails', 0);

-- Finding people: those who are gone, by the beginning of a name, and whose
-- subscription is, or was, not paid.  Each has only the rows it is about.
CREATE INDEX site_user_deleted ON site_user (id) WHERE deleted_at IS NOT NULL;
CREATE INDEX site_user_first_name ON site_user (lower(first_name)) WHERE first_name IS NOT NULL;
CREATE INDEX site_user_last_name ON site_user (lower(last_name)) WHERE last_name IS NOT NULL;
CREATE INDEX site_user_username ON site_user (lower(username)) WHERE username IS NOT NULL;
CREATE INDEX subscription_late ON subscription (owner)
  WHERE status = 'past_due' OR status = 'unpaid' OR failed_us IS NOT NULL;
CREATE INDEX subscription_item_late ON subscription_item (subscription) WHERE status = 'past_due';
