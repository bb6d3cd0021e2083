-- The face of the books for the site's own SQL: these views keep their names and
-- columns.  Times are microseconds since 1970-01-01 UTC, *_unix the same in
-- seconds; credits are whole numbers, money is in the currency's smallest unit.

-- Everybody who was ever here; deleted_at is set for those who are gone.
CREATE VIEW users AS
SELECT id, clerk_id, email, first_name, last_name, username, external_id, metadata,
  created_at, created_at / 1000000 AS created_unix,
  updated_at, updated_at / 1000000 AS updated_unix,
  deleted_at, deleted_at / 1000000 AS deleted_unix
FROM site_user;

-- What each user has, and how it came to that: balance = granted - taken_back - burned.
CREATE VIEW user_credits AS
SELECT u.id AS user_id, u.clerk_id, u.email, COALESCE(a.balance, 0) AS balance,
  (SELECT COALESCE(SUM(t.amount), 0) FROM transfer t WHERE t.credit = a.id
    AND t.kind <> 'reinstate') AS granted,
  (SELECT COALESCE(SUM(t.amount), 0) FROM transfer t WHERE t.debit = a.id
    AND t.kind <> 'burn')
  - (SELECT COALESCE(SUM(t.amount), 0) FROM transfer t WHERE t.credit = a.id
    AND t.kind = 'reinstate') AS taken_back,
  (SELECT COALESCE(SUM(t.amount), 0) FROM transfer t WHERE t.debit = a.id
    AND t.kind = 'burn') AS burned,
  u.deleted_at, u.deleted_at / 1000000 AS deleted_unix
FROM site_user u LEFT JOIN account a ON a.owner_kind = 'user' AND a.owner = u.id
  AND a.application = 'default';

-- A row for each subscription.  status is what counts now: past_due also when an
-- invoice failed after the subscription was last heard of.  plan_* and period_* are
-- those of its item that runs longest; items says how many there are.
CREATE VIEW billing_subscriptions AS
SELECT s.ref AS id, s.provider, s.owner_kind, s.owner AS owner_id,
  CASE s.owner_kind WHEN 'user' THEN s.owner END AS user_id,
  CASE s.owner_kind WHEN 'organization' THEN s.owner END AS organization_id,
  s.customer,
  CASE WHEN (s.status = 'active' OR s.status = 'trialing')
      AND COALESCE(s.failed_us, 0) > MAX(COALESCE(s.paid_us, 0), s.version_us) THEN 'past_due'
    WHEN (s.status = 'past_due' OR s.status = 'unpaid')
      AND COALESCE(s.paid_us, 0) > MAX(COALESCE(s.failed_us, 0), s.version_us) THEN 'active'
    ELSE s.status END AS status,
  i.ref AS item_id, i.plan_ref, i.plan_name, i.quantity, i.trial,
  (SELECT COUNT(*) FROM subscription_item n WHERE n.subscription = s.id) AS items,
  i.period_start, i.period_start / 1000000 AS period_start_unix,
  i.period_end, i.period_end / 1000000 AS period_end_unix,
  s.cancel_at, s.cancel_at / 1000000 AS cancel_unix,
  s.canceled_at, s.canceled_at / 1000000 AS canceled_unix,
  s.ended_at, s.ended_at / 1000000 AS ended_unix,
  s.created_at, s.created_at / 1000000 AS created_unix,
  s.updated_at, s.updated_at / 1000000 AS updated_unix
FROM subscription s LEFT JOIN subscription_item i ON i.provider = s.provider AND i.ref =
  (SELECT n.ref FROM subscription_item n WHERE n.subscription = s.id
   ORDER BY n.status = 'ended' OR n.status = 'canceled', n.period_end DESC, n.ref LIMIT 1)
WHERE s.version_us <> 0;

-- What is for sale: `credits` for one of ref; match 'currency': for each `per`
-- smallest units of the amount.
CREATE VIEW subscription_plans AS
SELECT match AS kind, ref, name, credits, per,
  created_at, created_at / 1000000 AS created_unix,
  updated_at, updated_at / 1000000 AS updated_unix
FROM plan;

-- Each thing that happened to a mail; state is where that mail stands now.
CREATE VIEW email_events AS
SELECT h.id, h.email_id, h.kind, h.occurred_at, h.occurred_at / 1000000 AS occurred_unix,
  h.detail, e.sender, e.recipients, e.subject, e.state, e.opens, e.clicks,
  e.sent_at, e.sent_at / 1000000 AS sent_unix
FROM email_history h JOIN email e ON e.email_id = h.email_id;
