-- What is derived from events for those who look at them: counts and a search
-- index.  The worker keeps both up, behind the events; nothing is lost when
-- these tables are, for they can be made again.

-- How far it has come: the last row that is in.
CREATE TABLE mark (
  name  TEXT PRIMARY KEY,            -- 'indexed_to', 'counted_events', 'counted_attempts'
  value INTEGER NOT NULL             -- event.id, event.id, attempt.id
) STRICT, WITHOUT ROWID;
INSERT INTO mark (name, value) VALUES ('indexed_to', 0), ('counted_events', 0),
  ('counted_attempts', 0);

-- Counts by minute (for two days) and by hour.
CREATE TABLE rollup (
  step     INTEGER NOT NULL CHECK (step = 60000000 OR step = 3600000000),  -- us
  at       INTEGER NOT NULL,         -- beginning of the minute or hour
  provider TEXT NOT NULL,
  what     TEXT NOT NULL,            -- 'received', 'handled', ..., 'latency'
  bucket   INTEGER NOT NULL,         -- of 'latency': which times; else 0
  times    INTEGER NOT NULL,
  PRIMARY KEY (step, at, provider, what, bucket)
) STRICT, WITHOUT ROWID;

-- The words of events, rowid being event.id (inbox/search.h makes them, so only
-- blanks separate them).  A row says which events have a word, nothing more.
CREATE VIRTUAL TABLE event_text USING fts5 (
  words, content = '', columnsize = 0, detail = none,
  tokenize = "unicode61 remove_diacritics 2 categories 'L* M* N* P* S* Z* C*' separators ' '"
);
-- Its parts are put together little by little, each time something is added:
-- left to itself it does a lot at once, now and then, and holds up who writes.
INSERT INTO event_text (event_text, rank) VALUES ('automerge', 0);
INSERT INTO event_text (event_text, rank) VALUES ('crisismerge', 500);
INSERT INTO event_text (event_text, rank) VALUES ('usermerge', 8);
-- Its words one by one.
CREATE VIRTUAL TABLE event_term USING fts5vocab (event_text, instance);
