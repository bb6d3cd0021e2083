-- The books in full.  All times are microseconds since 1970-01-01 UTC; money is
-- in the currency's smallest unit, credits are whole numbers.

-- A message is something that happened here and that others may want to hear:
-- put in the transaction that causes it, once per cause.  Columns and indexes are
-- few, for every grant puts two: the webhook-id of all that is sent of it is made
-- of id and created_at (message_name() of outbox/message.h), and what event 12
-- caused is from 'event:12:' to 'event:12;'.
CREATE TABLE message (
  id         INTEGER PRIMARY KEY,     -- order of happening, as far as one writer sees it
  type       TEXT NOT NULL,           -- 'user.created', 'credits_granted'
  owner_kind TEXT NOT NULL CHECK (owner_kind = 'user' OR owner_kind = 'organization'
             OR owner_kind = 'system'),
  owner      TEXT NOT NULL,
  payload    TEXT NOT NULL,           -- JSON object
  cause      TEXT NOT NULL UNIQUE,    -- 'event:12:user.created:...', 'api:KEY'
  event      INTEGER REFERENCES event (id),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX message_owner ON message (owner, id);

-- What somebody pays for again and again.  version_us is the sender's clock:
-- an older word never overwrites a newer one; of two of the same second the one
-- further in a subscription's life wins (books/subscription.h).  0: only its name
-- is known, nobody has told its state.
CREATE TABLE subscription (
  id           INTEGER PRIMARY KEY,
  provider     TEXT NOT NULL,         -- 'stripe', 'clerk'
  ref          TEXT NOT NULL,         -- 'sub_...', 'csub_...'
  owner_kind   TEXT CHECK (owner_kind = 'user' OR owner_kind = 'organization'),
  owner        TEXT,                  -- NULL: not known yet
  customer     TEXT,                  -- Stripe's
  status       TEXT NOT NULL,         -- as sent, spelled like Stripe: 'past_due'
  cancel_at    INTEGER,               -- it ends then
  canceled_at  INTEGER,
  ended_at     INTEGER,
  version_us   INTEGER NOT NULL,
  final        INTEGER NOT NULL DEFAULT 0 CHECK (final = 0 OR final = 1),
  failed_us    INTEGER,               -- the last payment that failed, and that succeeded,
  paid_us      INTEGER,               -- as its invoices say
  event        INTEGER REFERENCES event (id),  -- that said the status
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  UNIQUE (provider, ref)
) STRICT;
CREATE INDEX subscription_owner ON subscription (owner) WHERE owner IS NOT NULL;
CREATE INDEX subscription_customer ON subscription (customer) WHERE customer IS NOT NULL;

-- Its parts: each with a plan and a period of its own.
CREATE TABLE subscription_item (
  provider     TEXT NOT NULL,
  ref          TEXT NOT NULL,         -- 'si_...', 'csub_item_...', or the subscription's own
  subscription INTEGER NOT NULL REFERENCES subscription (id),
  plan_ref     TEXT,                  -- 'price_...', 'cplan_...'
  plan_name    TEXT,
  quantity     INTEGER NOT NULL DEFAULT 1,
  status       TEXT NOT NULL,
  trial        INTEGER NOT NULL DEFAULT 0 CHECK (trial = 0 OR trial = 1),
  period_start INTEGER,
  period_end   INTEGER,
  version_us   INTEGER NOT NULL,
  event        INTEGER REFERENCES event (id),
  PRIMARY KEY (provider, ref)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_item_of ON subscription_item (subscription);

-- What was granted for an item's period: at most so many credits in all, whoever
-- tells of it first.
CREATE TABLE period_grant (
  provider     TEXT NOT NULL,
  item         TEXT NOT NULL,
  period_start INTEGER NOT NULL,
  owner_kind   TEXT NOT NULL CHECK (owner_kind = 'user' OR owner_kind = 'organization'),
  owner        TEXT NOT NULL,
  credits      INTEGER NOT NULL CHECK (credits >= 0),  -- granted so far
  updated_at   INTEGER NOT NULL,
  PRIMARY KEY (provider, item, period_start)
) STRICT, WITHOUT ROWID;

-- A payment: what it granted, and how much of it was taken back.  Purchases whose
-- key is 'stripe:' and one of its names are of it.
CREATE TABLE payment (
  id         INTEGER PRIMARY KEY,
  ref        TEXT NOT NULL UNIQUE,    -- the best of its names: 'pi_...', 'ch_...', 'in_...'
  owner_kind TEXT CHECK (owner_kind = 'user' OR owner_kind = 'organization'),
  owner      TEXT,                    -- NULL: only names are known, it granted nothing yet
  amount     INTEGER,                 -- that was paid, of several words the largest; NULL: not said
  granted    INTEGER NOT NULL DEFAULT 0,  -- credits: purchases, and period_share
  owed       INTEGER NOT NULL DEFAULT 0,  -- of these, what refunds and disputes want back
  taken      INTEGER NOT NULL DEFAULT 0,  -- and what was taken back and not given again
  waives     INTEGER NOT NULL DEFAULT 0 CHECK (waives = 0 OR waives = 1),  -- never below 0
  event      INTEGER REFERENCES event (id),  -- that told of it first
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
-- Its other names.
CREATE TABLE payment_alias (
  ref        TEXT PRIMARY KEY,        -- 'ch_...', 'in_...', 'cs_...'
  payment    INTEGER NOT NULL REFERENCES payment (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_alias_of ON payment_alias (payment);
-- What it paid of a period: with this payment the period became worth so many
-- credits.  Its share is what it added to the earlier payments of the period.
CREATE TABLE period_share (
  provider     TEXT NOT NULL,
  item         TEXT NOT NULL,
  period_start INTEGER NOT NULL,
  payment      INTEGER NOT NULL REFERENCES payment (id),
  credits      INTEGER NOT NULL,
  paid_us      INTEGER NOT NULL,      -- by the sender's clock
  PRIMARY KEY (provider, item, period_start, payment)
) STRICT, WITHOUT ROWID;
CREATE INDEX period_share_of ON period_share (payment);
-- The transfers that took back, or gave again.
CREATE TABLE payment_taking (
  business_key TEXT PRIMARY KEY,
  payment    INTEGER NOT NULL REFERENCES payment (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_taking_of ON payment_taking (payment);

-- How much of a charge was given back to the buyer, by the newest word.
CREATE TABLE refund (
  charge     TEXT PRIMARY KEY,        -- 'ch_...'
  payment    INTEGER NOT NULL REFERENCES payment (id),
  refunded   INTEGER NOT NULL,        -- all refunds of the charge together
  version_us INTEGER NOT NULL,
  event      INTEGER REFERENCES event (id),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX refund_payment ON refund (payment);
-- Refunds that did not reach the buyer: a word of the charge that is older than
-- this still counts them.
CREATE TABLE refund_failed (
  ref        TEXT PRIMARY KEY,        -- 're_...'
  charge     TEXT NOT NULL,
  payment    INTEGER NOT NULL REFERENCES payment (id),
  amount     INTEGER NOT NULL,
  version_us INTEGER NOT NULL,
  event      INTEGER REFERENCES event (id),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX refund_failed_payment ON refund_failed (payment);
CREATE INDEX refund_failed_charge ON refund_failed (charge);

-- A dispute holds back its part of a payment until it is won.
CREATE TABLE dispute (
  ref        TEXT PRIMARY KEY,        -- 'du_...', 'dp_...'
  payment    INTEGER NOT NULL REFERENCES payment (id),
  amount     INTEGER NOT NULL,
  status     TEXT NOT NULL,
  holds      INTEGER NOT NULL CHECK (holds = 0 OR holds = 1),
  version_us INTEGER NOT NULL,
  event      INTEGER REFERENCES event (id),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dispute_payment ON dispute (payment);

-- A bill as last heard of; paid is the last word.
CREATE TABLE invoice (
  provider     TEXT NOT NULL,
  ref          TEXT NOT NULL,         -- 'in_...', Clerk: the payment attempt
  subscription TEXT,                  -- its ref
  customer     TEXT,
  owner_kind   TEXT CHECK (owner_kind = 'user' OR owner_kind = 'organization'),
  owner        TEXT,
  status       TEXT NOT NULL,         -- 'paid', 'open', 'void', 'uncollectible', 'failed'
  amount       INTEGER,
  currency     TEXT,
  fulfilled_at INTEGER,               -- all it is worth was granted
  version_us   INTEGER NOT NULL,
  event        INTEGER NOT NULL REFERENCES event (id),  -- that said the status
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  PRIMARY KEY (provider, ref)
) STRICT, WITHOUT ROWID;
CREATE INDEX invoice_owner ON invoice (owner) WHERE owner IS NOT NULL;

-- Keys for the site's own interface.  The text is shown once and then known by
-- its hash alone; it has the id in it, so hashes need no index.
CREATE TABLE api_key (
  id         TEXT PRIMARY KEY,        -- 'key_' and what follows 'hk_' in the text: time, then chance
  site_user  TEXT NOT NULL REFERENCES site_user (id),
  name       TEXT,
  prefix     TEXT NOT NULL,           -- its first characters, to tell it by
  hash       TEXT NOT NULL,           -- SHA-256 of the text, hex
  sealed     TEXT,                    -- the text until it is revealed; NULL then
  event      INTEGER REFERENCES event (id),
  created_at INTEGER NOT NULL,
  used_at    INTEGER,                 -- to the minute
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_user ON api_key (site_user);

-- Clerk's organizations, who is in them, and sessions; version_us by its clock.
CREATE TABLE organization (
  id         TEXT PRIMARY KEY,        -- 'org_...'
  name       TEXT,
  slug       TEXT,
  created_by TEXT,                    -- Clerk id
  version_us INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE TABLE membership (
  id           TEXT PRIMARY KEY,      -- 'orgmem_...'
  organization TEXT NOT NULL,
  clerk_user   TEXT NOT NULL,
  role         TEXT,
  version_us   INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  deleted_at   INTEGER
) STRICT;
CREATE INDEX membership_organization ON membership (organization);
CREATE INDEX membership_user ON membership (clerk_user);
CREATE TABLE clerk_session (
  id         TEXT PRIMARY KEY,        -- 'sess_...'
  clerk_user TEXT NOT NULL,
  status     TEXT NOT NULL,
  version_us INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX clerk_session_user ON clerk_session (clerk_user);

-- The purchases that were booked before payments were: so that their refunds find
-- them.  A payment's transfer has its payment intent, or its session, in its key.
INSERT INTO payment (ref, owner_kind, owner, amount, granted, event, created_at, updated_at)
  SELECT substr(t.business_key, 8), a.owner_kind, a.owner, MAX(c.amount_total), t.amount, t.event,
    t.created_at, t.created_at
  FROM transfer t JOIN account a ON a.id = t.credit
  JOIN checkout c ON c.fulfilled_at IS NOT NULL
    AND t.business_key = 'stripe:' || COALESCE(c.payment_intent, c.session)
  WHERE t.kind = 'purchase' GROUP BY t.id;
