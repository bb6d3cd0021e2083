-- What the events mean.  All times are microseconds since 1970-01-01 UTC;
-- money is credits, whole numbers.

-- A person who uses the site.  Deleting keeps the row as a tombstone, so that
-- a late update finds it dead.
CREATE TABLE site_user (
  id             TEXT PRIMARY KEY    -- UUIDv7, ours, lower case
                 CHECK (length(id) = 36),
  clerk_id       TEXT UNIQUE         -- 'user_...'; NULL: Clerk has not told of it
                 CHECK (length(clerk_id) BETWEEN 1 AND 63),
  email          TEXT,               -- the primary one
  first_name     TEXT,
  last_name      TEXT,
  username       TEXT,
  external_id    TEXT,
  metadata       TEXT,               -- public_metadata, JSON
  clerk_updated_at INTEGER,          -- version by Clerk's clock: older never overwrites
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  deleted_at     INTEGER
) STRICT;
CREATE INDEX site_user_email ON site_user (lower(email));

-- Who a Stripe customer is; the first proof links them, for good.
CREATE TABLE stripe_customer (
  customer   TEXT PRIMARY KEY,       -- 'cus_...'
  site_user  TEXT NOT NULL REFERENCES site_user (id),
  event      INTEGER REFERENCES event (id),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX stripe_customer_user ON stripe_customer (site_user);

-- An account belongs to an owner and an application.  Credits come out of the
-- system's accounts (one per kind of transfer, below zero) and lie in users'.
CREATE TABLE account (
  id          INTEGER PRIMARY KEY,
  owner_kind  TEXT NOT NULL
              CHECK (owner_kind = 'user' OR owner_kind = 'organization' OR owner_kind = 'system'),
  owner       TEXT NOT NULL,         -- site_user.id, 'org_...', or the kind
  application TEXT NOT NULL DEFAULT 'default',
  balance     INTEGER NOT NULL DEFAULT 0   -- cached: always the sum of its transfers
              CHECK (balance BETWEEN -1000000000000000 AND 1000000000000000),
  created_at  INTEGER NOT NULL,
  UNIQUE (owner_kind, owner, application)
) STRICT;

-- A transfer moves credits from one account to another, once per business key.
CREATE TABLE transfer (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind = 'signup_bonus' OR kind = 'purchase'
               OR kind = 'subscription' OR kind = 'refund' OR kind = 'dispute'
               OR kind = 'reinstate' OR kind = 'burn' OR kind = 'adjust'),
  business_key TEXT NOT NULL UNIQUE, -- what it is for: 'stripe:pi_...', 'clerk:user_...:signup_bonus'
  debit        INTEGER NOT NULL REFERENCES account (id),   -- loses the amount
  credit       INTEGER NOT NULL REFERENCES account (id),   -- gains it
  amount       INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000000),
  event        INTEGER REFERENCES event (id),  -- that caused it; NULL: a person or program did
  note         TEXT,
  created_at   INTEGER NOT NULL,
  CHECK (debit <> credit)
) STRICT;
CREATE INDEX transfer_debit ON transfer (debit, id);
CREATE INDEX transfer_credit ON transfer (credit, id);
CREATE INDEX transfer_event ON transfer (event) WHERE event IS NOT NULL;

-- What a purchase is worth.  match says how `ref` is found in an event:
-- 'price' a Stripe price id, 'payment_link' one of those, 'clerk_plan' a
-- Clerk plan id: `credits` for one; 'currency': `credits` for each `per`
-- smallest units of amount_total, rounded down.
CREATE TABLE plan (
  match      TEXT NOT NULL CHECK (match IN ('price', 'payment_link', 'clerk_plan', 'currency')),
  ref        TEXT NOT NULL,          -- 'price_...', 'plink_...', 'cplan_...', 'usd'
  name       TEXT,
  credits    INTEGER NOT NULL CHECK (credits >= 0),
  per        INTEGER NOT NULL DEFAULT 1 CHECK (per > 0),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (match, ref)
) STRICT, WITHOUT ROWID;

-- A checkout session as last heard of; amounts in the currency's smallest unit.
-- Paid is the last word: nothing unpaid comes after it.
CREATE TABLE checkout (
  session        TEXT PRIMARY KEY,   -- 'cs_...'
  site_user      TEXT REFERENCES site_user (id),
  customer       TEXT,
  mode           TEXT,
  payment_status TEXT,
  payment_intent TEXT,
  amount_total   INTEGER,
  currency       TEXT,
  fulfilled_at   INTEGER,
  event          INTEGER NOT NULL REFERENCES event (id),  -- that said payment_status
  occurred_at    INTEGER NOT NULL,   -- that event, by Stripe's clock
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;

-- An e-mail that Resend told us of: where it stands.  State and counts follow
-- from its history alone, so the order of arrival does not matter.
CREATE TABLE email (
  email_id   TEXT PRIMARY KEY,       -- Resend's
  sender     TEXT,
  recipients TEXT NOT NULL,          -- JSON array of addresses
  subject    TEXT,
  state      TEXT NOT NULL,          -- the latest of its life: 'delivered'
  state_at   INTEGER NOT NULL,       -- when, by Resend's clock
  opens      INTEGER NOT NULL DEFAULT 0,
  clicks     INTEGER NOT NULL DEFAULT 0,
  sent_at    INTEGER,                -- data.created_at
  created_at INTEGER NOT NULL
) STRICT;

-- Each thing that happened to it, once per event.
CREATE TABLE email_history (
  id          INTEGER PRIMARY KEY,
  email_id    TEXT NOT NULL REFERENCES email (email_id),
  event       INTEGER NOT NULL UNIQUE REFERENCES event (id),
  kind        TEXT NOT NULL,         -- 'bounced'
  occurred_at INTEGER NOT NULL,
  detail      TEXT                   -- link, bounce message, reason
) STRICT;
CREATE INDEX email_history_email ON email_history (email_id, occurred_at);

-- Addresses that must not be written to: a permanent bounce or a complaint.
CREATE TABLE suppression (
  address    TEXT PRIMARY KEY,       -- lower case
  reason     TEXT NOT NULL CHECK (reason IN ('bounce', 'complaint')),
  event      INTEGER NOT NULL REFERENCES event (id),
  created_at INTEGER NOT NULL
) STRICT;
