-- What came in.  All times are microseconds since 1970-01-01 UTC.
--
-- The words a column may hold are told by OR: SQLite makes a table of its own
-- of an IN with more than two words, anew for every row that is written.

-- An event is one verified webhook, kept once for ever: pruning may empty
-- everything but id, provider, event_id and created_at, so that a repeat is
-- known as one however late it comes.
CREATE TABLE event (
  id              INTEGER PRIMARY KEY,
  provider        TEXT NOT NULL,     -- 'stripe', 'clerk', 'resend', 'custom:NAME'
  event_id        TEXT NOT NULL,     -- the sender's id of this event
  event_type      TEXT,
  lane            TEXT,              -- what it is about; one worker a lane at a time
  status          TEXT NOT NULL
                  CHECK (status = 'pending' OR status = 'processing' OR status = 'completed'
                  OR status = 'failed'),
  outcome         TEXT               -- of completed
                  CHECK (outcome = 'handled' OR outcome = 'skipped' OR outcome = 'ignored'
                  OR outcome = 'resolved'),
  reason          TEXT,              -- why that outcome
  attempts        INTEGER NOT NULL DEFAULT 0,  -- those that count for the schedule
  last_attempt_at INTEGER,
  next_attempt_at INTEGER,           -- pending: due then; NULL: not before waits_for comes
  lease_until     INTEGER,           -- processing: after this it is anybody's again
  lease_by        TEXT,              -- processing: whose
  waits_for       TEXT,              -- 'user:user_2abc': woken by its arrival
  error_message   TEXT,              -- of the last attempt that did not finish it
  signature       TEXT,              -- the header as received
  verified        INTEGER NOT NULL CHECK (verified IN (0, 1)),
  secret_label    TEXT,              -- which secret matched
  livemode        INTEGER CHECK (livemode IN (0, 1)),  -- NULL: the sender does not say
  api_version     TEXT,
  instance        TEXT,              -- Clerk's instance_id, Stripe's connected account
  occurred_at     INTEGER,           -- by the sender's clock
  created_at      INTEGER NOT NULL,
  processed_at    INTEGER,
  CHECK ((status = 'completed') = (outcome IS NOT NULL)),
  UNIQUE (provider, event_id)
) STRICT;

-- The queue: small, for it holds only what is not done.
CREATE INDEX event_due ON event (next_attempt_at, id) WHERE status = 'pending';
CREATE INDEX event_leased ON event (provider, lane, lease_until) WHERE status = 'processing';
CREATE INDEX event_waiting ON event (waits_for) WHERE waits_for IS NOT NULL;
CREATE INDEX event_failed ON event (id) WHERE status = 'failed';

-- The body as received, text when it is UTF-8, and the request's fields as a
-- JSON object.  Apart, so that lists stay small.
CREATE TABLE event_body (
  event   INTEGER PRIMARY KEY REFERENCES event (id),
  headers TEXT NOT NULL,
  body    ANY NOT NULL
) STRICT;

-- Every time an event was worked on.
CREATE TABLE attempt (
  id          INTEGER PRIMARY KEY,
  event       INTEGER NOT NULL REFERENCES event (id),
  started_at  INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  result      TEXT NOT NULL
              CHECK (result = 'handled' OR result = 'skipped' OR result = 'ignored'
              OR result = 'later' OR result = 'wait' OR result = 'failed' OR result = 'crashed'),
  message     TEXT
) STRICT;
CREATE INDEX attempt_event ON attempt (event);

-- Requests that were refused, for the owner's eyes: what came, and why the
-- doctor thinks it was refused.  Those without a good signature are kept within
-- budgets, the oldest go first; of a large one the body is left out.
CREATE TABLE quarantine (
  id           INTEGER PRIMARY KEY,
  provider     TEXT NOT NULL,        -- whose address it came to
  reason       TEXT NOT NULL,        -- 'unknown_type', 'bad_body', 'no_match', 'clock', ...
  detail       TEXT,                 -- what is wrong and what to do, in words
  verified     INTEGER NOT NULL CHECK (verified IN (0, 1)),
  shaped       INTEGER NOT NULL CHECK (shaped IN (0, 1)),  -- looks like this sender's; else noise
  secret_label TEXT,
  event_id     TEXT,
  event_type   TEXT,
  remote_addr  TEXT,
  times        INTEGER NOT NULL DEFAULT 1,  -- the same request came that often
  fingerprint  TEXT NOT NULL UNIQUE, -- SHA-256 of provider, reason, id and body
  size         INTEGER NOT NULL,     -- bytes of the body as it came
  headers      TEXT NOT NULL,
  body         ANY,                  -- NULL: too large to keep
  created_at   INTEGER NOT NULL,
  last_at      INTEGER NOT NULL,
  accepted_at  INTEGER,              -- a person took it in after all
  event        INTEGER REFERENCES event (id)  -- as this event
) STRICT;
CREATE INDEX quarantine_last ON quarantine (verified, shaped, last_at);

-- How many requests were refused, each of them counted; hour is its beginning.
CREATE TABLE refusal_count (
  provider TEXT NOT NULL,
  reason   TEXT NOT NULL,            -- what the signature check said
  hour     INTEGER NOT NULL,
  times    INTEGER NOT NULL,
  PRIMARY KEY (provider, reason, hour)
) STRICT, WITHOUT ROWID;

-- When each signing secret was seen at work; last_at to the minute.
CREATE TABLE secret_use (
  provider TEXT NOT NULL,
  label    TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  PRIMARY KEY (provider, label)
) STRICT, WITHOUT ROWID;
