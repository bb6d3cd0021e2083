-- What is kept for some time alone.  All times are microseconds since 1970-01-01 UTC.

-- When an event's body went, with what its attempts changed; and when all went but
-- id, provider, event_id, created_at, status, outcome and verified: a repeat is known
-- as one, and a grant has its event, for ever.  NULL: it is there.
ALTER TABLE event ADD COLUMN pruned_at INTEGER;
ALTER TABLE event ADD COLUMN emptied_at INTEGER;

-- Who looks for what is too old goes through a table by id, a part at a time, and
-- begins anew some hours after.
CREATE TABLE prune (
  what      TEXT PRIMARY KEY,        -- 'bodies', 'events', 'messages', 'refused'
  looked_to INTEGER NOT NULL,        -- of this round: event.id, event.id, message.id, quarantine.id
  next_at   INTEGER NOT NULL,        -- not before
  pruned    INTEGER NOT NULL         -- how many, ever
) STRICT, WITHOUT ROWID;
INSERT INTO prune (what, looked_to, next_at, pruned)
  VALUES ('bodies', 0, 0, 0), ('events', 0, 0, 0), ('messages', 0, 0, 0), ('refused', 0, 0, 0);
