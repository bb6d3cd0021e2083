// kill -9 of receivers and worker, at random, again and again, while senders send
// and repeat until they are acknowledged.  Then every event is there once, and
// so is every effect.  HK_SEED=... repeats a run's choices.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { Home, randomId, sanitized, sleep, slow } from './lib/home.mjs';
import { lighttpd } from './lib/servers.mjs';
import { checkout, clerkUser, resendEmail, sendUntilTaken, stripeEvent } from './lib/senders.mjs';

const EVENTS = Number(process.env.HK_EVENTS ?? (sanitized ? 1000 : 5000));
const SENDERS = 32;

// mulberry32: small, and the same everywhere.
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Users, a payment told of twice for most, and mails; in random order.
function story(rnd) {
  const events = [];
  const users = [], payments = [], mails = [];
  while (events.length < EVENTS) {
    const { user, body } = clerkUser();
    users.push(user);
    events.push({ provider: 'clerk', id: `msg_${randomId()}`, body });
    if (rnd() < 0.8) {
      const payment = `pi_${randomId()}`;
      const session = checkout({ user, credits: 1 + Math.floor(rnd() * 100), payment });
      payments.push({ user, payment, credits: Number(session.metadata.credits) });
      for (const type of ['checkout.session.completed', 'checkout.session.async_payment_succeeded'])
        events.push({ provider: 'stripe', ...stripeEvent(type, session) });
    }
    const mail = resendEmail('email.delivered');
    mails.push(mail.email);
    events.push({ provider: 'resend', id: `msg_${randomId()}`, body: mail.body });
  }
  // Neighbours change places, but all stays roughly in time.
  for (let i = events.length - 1; i > 0; i--) {
    const j = Math.max(0, i - Math.floor(rnd() * 200));
    [events[i], events[j]] = [events[j], events[i]];
  }
  return { events, users, payments, mails };
}

// Living processes that a parent started, and theirs.
function descendants(parent) {
  const children = new Map();
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      if (fields[0] !== 'Z') children.set(Number(pid), Number(fields[1]));
    } catch { /* it ended while we looked */ }
  return [...children].filter(([, above]) => above === parent).map(([pid]) => pid);
}

test(`kill -9 at random during ${EVENTS} events: all there once, all done once`, { timeout: 300000 * slow }, async (t) => {
  const seed = Number(process.env.HK_SEED ?? Math.floor(Math.random() * 2 ** 32));
  t.diagnostic(`HK_SEED=${seed}`);
  const rnd = random(seed);
  const home = new Home({ settings: { hookkeeper: { lease: 5 } } });
  try {
    const { events, users, payments, mails } = story(rnd);
    const web = await lighttpd(home, { processes: 2 });
    let going = true, worker, kills = { receiver: 0, worker: 0 };
    const supervisor = (async () => {	// as systemd would
      while (going) {
        worker = home.worker();
        await worker.gone;
        await sleep(100);
      }
    })();
    const reaper = (async () => {
      while (going) {
        await sleep(40 + rnd() * 260);
        if (!going) break;
        if (rnd() < 0.25) {
          if (worker.kill('SIGKILL')) kills.worker++;
          continue;
        }
        const receivers = descendants(web.child.pid);
        const pid = receivers[Math.floor(rnd() * receivers.length)];
        if (pid) {
          process.kill(pid, 'SIGKILL');
          kills.receiver++;
        }
      }
    })();

    let next = 0, repeated = 0;
    const began = Date.now();
    await Promise.all(Array.from({ length: SENDERS }, async () => {
      while (next < events.length) {
        const { provider, id, body } = events[next++];
        const { tries } = await sendUntilTaken(web.url(`/webhooks/${provider}`), provider,
          home.secret[provider], body, id, 60000 * slow);
        repeated += tries - 1;
        // Bursts, so that a kill hits many in flight, and time for some killing.
        const phase = (Date.now() - began) % 500;
        if (phase > 100) await sleep(500 - phase);
      }
    }));
    const took = Date.now() - began;
    going = false;
    await reaper;
    worker.kill('SIGTERM');
    await supervisor;
    t.diagnostic(`${events.length} acknowledged in ${(took / 1000).toFixed(1)} s, ${repeated} repeats, `
      + `killed: receivers ${kills.receiver}, worker ${kills.worker}`);
    assert.ok(kills.receiver >= 5 && kills.worker >= 2 && repeated > 0, 'there was enough killing');

    const last = home.worker();
    await home.settled(60000);
    // What a killed worker had counted as a try comes again by the schedule.
    for (let i = 0; i < 60 && home.one("SELECT count(*) FROM event WHERE status <> 'completed'") > 0; i++) await sleep(500);
    await home.stop(last);

    const there = new Map(home.sql('SELECT event_id, count(*) AS n FROM event GROUP BY event_id').map((r) => [r.event_id, r.n]));
    assert.deepEqual(events.filter((e) => there.get(e.id) !== 1).map((e) => e.id), [], 'acknowledged, but not there once');
    assert.equal(there.size, events.length);
    assert.deepEqual(home.sql("SELECT id, event_type, status, error_message FROM event WHERE status <> 'completed' LIMIT 5"), []);

    const bonus = home.sql("SELECT business_key FROM transfer WHERE kind = 'signup_bonus'");
    assert.equal(bonus.length, users.length);
    const balances = new Map(home.sql(`SELECT clerk_id, balance FROM account
      JOIN site_user ON account.owner = site_user.id`).map((r) => [r.clerk_id, r.balance]));
    const owed = new Map(users.map((user) => [user, 40]));
    for (const { user, credits } of payments) owed.set(user, owed.get(user) + credits);
    assert.deepEqual([...owed].filter(([user, n]) => balances.get(user) !== n), []);
    assert.equal(home.one("SELECT count(*) FROM transfer WHERE kind = 'purchase'"), payments.length);
    assert.equal(home.one('SELECT count(*) FROM email_history'), mails.length);

    const audit = home.hk(['audit']);
    assert.equal(audit.status, 0, audit.out + audit.err);
    assert.equal(home.one('PRAGMA integrity_check'), 'ok');
  } finally {
    await home.close();
  }
});
