// A story of events, and what must be in the books when it has been told: users,
// payments told of twice, mails with a life.  The expectation is reckoned here,
// from the senders' documents alone.
import assert from 'node:assert/strict';
import { randomId } from './home.mjs';
import { checkout, clerkUser, resendEmail, stripeEvent } from './senders.mjs';

export const BONUS = 40;

// What a run's choices are made by: the same in each run of the tests, so that who
// changes nothing sees nothing change; make soak takes another one each time.
export const seed = Number(process.env.HK_SEED ?? 20261122);

// mulberry32: small, and the same everywhere.
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// A user with a long history: bodies above 8 KB are read and kept another way.
function large(body) {
  const event = JSON.parse(body);
  event.data.private_metadata = { history: Array.from({ length: 300 }, (_, i) => `visit ${i}: ${randomId(24)}`) };
  return JSON.stringify(event);
}

// At least count events in random order, and what follows from them:
//   balances  Clerk user -> credits      payments  how many
//   mails     e-mail -> { events, opens, clicks }
export function story(rnd, count) {
  const events = [], balances = new Map(), mails = new Map();
  let payments = 0;
  const mail = () => {
    const { email } = resendEmail();
    const life = ['sent', 'delivered', 'opened', 'opened', 'clicked'].filter((_, i) => i === 1 || rnd() < 0.4);
    for (const what of life)
      events.push({ provider: 'resend', id: `msg_${randomId()}`, body: resendEmail(`email.${what}`, email).body });
    mails.set(email, {
      events: life.length, opens: life.filter((w) => w === 'opened').length,
      clicks: life.filter((w) => w === 'clicked').length,
    });
  };
  while (events.length < count) {
    const { user, body } = clerkUser();
    balances.set(user, BONUS);
    events.push({ provider: 'clerk', id: `msg_${randomId()}`, body: rnd() < 0.1 ? large(body) : body });
    if (rnd() < 0.8) {
      const credits = 1 + Math.floor(rnd() * 100);
      const session = checkout({ user, credits });
      balances.set(user, BONUS + credits);
      payments++;
      for (const type of ['checkout.session.completed', 'checkout.session.async_payment_succeeded'])
        events.push({ provider: 'stripe', ...stripeEvent(type, session) });
    }
    mail();
  }
  // Neighbours change places, but all stays roughly in time.
  for (let i = events.length - 1; i > 0; i--) {
    const j = Math.max(0, i - Math.floor(rnd() * 200));
    [events[i], events[j]] = [events[j], events[i]];
  }
  return { events, balances, payments, mails };
}

// All of it is there, once, and so is every effect; nothing else is.
export function assertTold(home, { events, balances, payments, mails }) {
  const there = new Map(home.sql('SELECT event_id, count(*) AS n FROM event GROUP BY event_id').map((r) => [r.event_id, r.n]));
  assert.deepEqual(events.filter((e) => there.get(e.id) !== 1).map((e) => e.id), [], 'acknowledged, but not there once');
  assert.equal(there.size, events.length);
  assert.deepEqual(home.sql("SELECT id, event_type, status, error_message FROM event WHERE status <> 'completed' LIMIT 5"), []);
  assert.equal(home.one('SELECT count(*) FROM event_body'), events.length);

  assert.equal(home.one("SELECT count(*) FROM transfer WHERE kind = 'signup_bonus'"), balances.size);
  assert.equal(home.one("SELECT count(*) FROM transfer WHERE kind = 'purchase'"), payments);
  assert.equal(home.one('SELECT count(*) FROM transfer'), balances.size + payments);
  const have = new Map(home.sql(`SELECT clerk_id, balance FROM account
    JOIN site_user ON account.owner = site_user.id`).map((r) => [r.clerk_id, r.balance]));
  assert.deepEqual([...balances].filter(([user, n]) => have.get(user) !== n), [], 'balances');
  assert.equal(have.size, balances.size);

  const lives = new Map(home.sql(`SELECT email_id, opens, clicks, (SELECT count(*) FROM email_history h
    WHERE h.email_id = email.email_id) AS events FROM email`).map(({ email_id, ...life }) => [email_id, life]));
  assert.deepEqual([...mails].filter(([email, life]) =>
    ['events', 'opens', 'clicks'].some((key) => lives.get(email)?.[key] !== life[key])), [], 'mails');
  assert.equal(lives.size, mails.size);

  const audit = home.hk(['audit']);
  assert.equal(audit.status, 0, audit.out + audit.err);
  assert.equal(home.one('PRAGMA integrity_check'), 'ok');
  assert.deepEqual(home.sql('PRAGMA foreign_key_check'), []);
}
