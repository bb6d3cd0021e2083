-- What goes out: who wants to hear of which messages, and what became of each
-- sending.  All times are microseconds since 1970-01-01 UTC.

-- Types of message that the site made itself; ours are in outbox/types.c.
CREATE TABLE event_type (
  name        TEXT PRIMARY KEY        -- 'order.shipped'
              CHECK (length(name) BETWEEN 1 AND 128),
  about       TEXT NOT NULL,
  schema      TEXT,                   -- JSON Schema of its payload
  sample      TEXT,                   -- a payload
  archived_at INTEGER,                -- no longer offered
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where messages are sent to.
CREATE TABLE endpoint (
  id           INTEGER PRIMARY KEY,
  channel      TEXT NOT NULL CHECK (channel = 'webhook' OR channel = 'command'
               OR channel = 'mail' OR channel = 'unkey'),
  name         TEXT UNIQUE,           -- of the configuration: 'command:welcome'; NULL: a webhook
  url          TEXT,                  -- of a webhook
  description  TEXT,
  types        TEXT NOT NULL,         -- 'user.* credits_granted', '*', separated by blanks
  owner_kind   TEXT CHECK (owner_kind = 'user' OR owner_kind = 'organization'),
  owner        TEXT,                  -- hears of its own alone; NULL: of everybody's
  filter       TEXT,                  -- JSON, outbox/filter.h; NULL: all
  payload      TEXT NOT NULL CHECK (payload = 'full' OR payload = 'thin'),
  headers      TEXT,                  -- further fields, a sealed JSON object
  rate         INTEGER CHECK (rate > 0),  -- a second at most; NULL: no limit
  ordered      INTEGER NOT NULL DEFAULT 0 CHECK (ordered = 0 OR ordered = 1),
  state        TEXT NOT NULL CHECK (state = 'enabled' OR state = 'paused' OR state = 'disabled'),
  state_why    TEXT,
  state_at     INTEGER NOT NULL,
  failed_at    INTEGER,               -- first failure of a day, while nothing else came
  failing_at   INTEGER,               -- the clock runs since then; NULL: it works
  failures     INTEGER NOT NULL DEFAULT 0,  -- in a row
  heard_to     INTEGER NOT NULL,      -- message.id it begins after
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  deleted_at   INTEGER
) STRICT;
CREATE INDEX endpoint_owner ON endpoint (owner) WHERE owner IS NOT NULL;

-- Its secrets, sealed by the settings' key: each signs until it is over.
CREATE TABLE endpoint_secret (
  id         INTEGER PRIMARY KEY,
  endpoint   INTEGER NOT NULL REFERENCES endpoint (id),
  kind       TEXT NOT NULL CHECK (kind = 'v1' OR kind = 'v1a'),
  sealed     TEXT NOT NULL,           -- 'whsec_...', 'whsk_...'
  public     TEXT,                    -- of v1a: 'whpk_...'
  created_at INTEGER NOT NULL,
  ends_at    INTEGER                  -- NULL: it is the present one
) STRICT;
CREATE INDEX endpoint_secret_of ON endpoint_secret (endpoint, id);

-- One message for one endpoint.
CREATE TABLE delivery (
  id          INTEGER PRIMARY KEY,
  endpoint    INTEGER NOT NULL REFERENCES endpoint (id),
  message     INTEGER NOT NULL REFERENCES message (id),
  subject     TEXT NOT NULL,          -- of ordered: the message's owner, order is kept within it; else ''
  status      TEXT NOT NULL CHECK (status = 'pending' OR status = 'sending'
              OR status = 'delivered' OR status = 'failed' OR status = 'held'
              OR status = 'canceled'),
  attempts    INTEGER NOT NULL DEFAULT 0,
  retry       INTEGER NOT NULL DEFAULT 0,   -- 1: was tried before; first attempts go first
  due_at      INTEGER,                -- of pending; NULL: something of its subject is before it
  lease_until INTEGER,                -- of sending
  why         TEXT,                   -- of the last failure: 'E_TIMEOUT', 'http 500'
  created_at  INTEGER NOT NULL,
  done_at     INTEGER,
  UNIQUE (endpoint, message)
) STRICT;
CREATE INDEX delivery_due ON delivery (endpoint, retry, due_at) WHERE status = 'pending';
CREATE INDEX delivery_sending ON delivery (lease_until) WHERE status = 'sending';
CREATE INDEX delivery_open ON delivery (endpoint, subject, id)
  WHERE status = 'pending' OR status = 'sending' OR status = 'held';
CREATE INDEX delivery_message ON delivery (message);
-- For pages, and to recover what did not arrive.
CREATE INDEX delivery_of ON delivery (endpoint, status, message);
CREATE INDEX delivery_failed ON delivery (id) WHERE status = 'failed';

-- Each time it was tried.
CREATE TABLE delivery_attempt (
  id          INTEGER PRIMARY KEY,
  delivery    INTEGER NOT NULL REFERENCES delivery (id),
  endpoint    INTEGER NOT NULL REFERENCES endpoint (id),
  number      INTEGER NOT NULL,       -- from 1
  by_hand     INTEGER NOT NULL DEFAULT 0 CHECK (by_hand = 0 OR by_hand = 1),
  started_at  INTEGER NOT NULL,
  took_us     INTEGER NOT NULL,
  dns_us      INTEGER,                -- each from the start of the attempt, as curl has them
  connect_us  INTEGER,
  tls_us      INTEGER,
  first_us    INTEGER,                -- first byte of the answer
  address     TEXT,                   -- that it was sent to
  status      INTEGER,                -- of HTTP, or a command's exit
  error       TEXT,                   -- 'E_TIMEOUT', 'E_TLS'; NULL: there was an answer
  request     TEXT,                   -- JSON object of the fields, without our secrets
  answer      BLOB,                   -- its fields and the first 16 KB of its body; maybe cut
  good        INTEGER NOT NULL CHECK (good = 0 OR good = 1)
) STRICT;
CREATE INDEX delivery_attempt_of ON delivery_attempt (delivery, id);
CREATE INDEX delivery_attempt_by_endpoint ON delivery_attempt (endpoint, id);

-- How far messages and received events have been handed to endpoints.
CREATE TABLE fanout (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  message INTEGER NOT NULL,
  event   INTEGER NOT NULL
) STRICT;
INSERT INTO fanout (one, message, event)
  SELECT 1, COALESCE((SELECT MAX(id) FROM message), 0), COALESCE((SELECT MAX(id) FROM event), 0);

-- Attempts by the hour they began in: for pages, counted behind a mark.
CREATE TABLE endpoint_hour (
  endpoint INTEGER NOT NULL,
  at       INTEGER NOT NULL,          -- beginning of the hour
  good     INTEGER NOT NULL,
  failed   INTEGER NOT NULL,
  PRIMARY KEY (endpoint, at)
) STRICT, WITHOUT ROWID;
INSERT INTO mark (name, value) VALUES ('counted_deliveries', 0);

-- What somebody asked to be sent after all: done a part at a time, beside the rest.
CREATE TABLE recovery (
  id         INTEGER PRIMARY KEY,
  endpoint   INTEGER NOT NULL REFERENCES endpoint (id),
  what       TEXT NOT NULL CHECK (what = 'failed' OR what = 'missed' OR what = 'held'),
  since_at   INTEGER NOT NULL,        -- of messages
  until_at   INTEGER NOT NULL,
  rate       INTEGER NOT NULL CHECK (rate >= 0),  -- a second; 0: all at once
  next_at    INTEGER NOT NULL,        -- when the next one is due
  seen       INTEGER NOT NULL DEFAULT 0,  -- message.id it has looked at
  done       INTEGER NOT NULL DEFAULT 0,
  why        TEXT,                    -- it ended before its end
  created_at INTEGER NOT NULL,
  ended_at   INTEGER                  -- NULL: there is more to do
) STRICT;
CREATE INDEX recovery_open ON recovery (id) WHERE ended_at IS NULL;

-- A message that is worth something for a while alone, and then is wiped: mails and
-- short messages with one-time codes.  NULL: it stays; or it is wiped already.
ALTER TABLE message ADD COLUMN expires_at INTEGER;
CREATE INDEX message_expires ON message (expires_at) WHERE expires_at IS NOT NULL;
