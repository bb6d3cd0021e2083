// What is refused is kept, explained, and taken in once its secret is entered;
// a flood of it costs nobody anything; a secret that may go is named.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'node:test';
import { Home, randomId, slow, until } from './lib/home.mjs';
import { lighttpd } from './lib/servers.mjs';
import { clerkUser, request, resendEmail, send, signed, stripeEvent } from './lib/senders.mjs';

const svixSecret = () => `whsec_${randomBytes(24).toString('base64')}`;
const json = (run) => { assert.notEqual(run.out, '', run.err); return JSON.parse(run.out); };
const customer = () => stripeEvent('customer.created', { id: `cus_${randomId(14)}`, object: 'customer' });
const kept = (home) => home.one('SELECT count(*) FROM quarantine') ?? 0;

function setSecrets(home, provider, secrets) {
  home.write(home.conf, fs.readFileSync(home.conf, 'utf8')
    .replace(new RegExp(`(\\[${provider}\\]\nsecrets = ).*`), `$1${secrets}`));
}

async function withHome(options, run) {
  const home = new Home(options);
  try {
    await run(home);
  } finally {
    await home.close();
  }
}

test('refused with a reason; accepted when its secret is entered, once; a forged one never', () =>
  withHome({}, async (home) => {
    const theirs = home.secret.clerk;			// what Clerk really signs with
    setSecrets(home, 'clerk', svixSecret());
    const web = await lighttpd(home);
    home.worker();
    const clerk = web.url('/webhooks/clerk'), resend = web.url('/webhooks/resend');
    const { user, body } = clerkUser();
    const compact = resendEmail().body;
    const late = Math.floor(Date.now() / 1000) - 600;
    const requests = {
      'no_match': () => send(clerk, 'clerk', theirs, body, { id: 'msg_user' }),
      'no_match of a forger': () => send(clerk, 'clerk', svixSecret(), clerkUser().body, { id: 'msg_forged' }),
      'wrong_provider': () => send(clerk, 'clerk', home.secret.resend, clerkUser().body, { id: 'msg_elsewhere' }),
      'clock': () => send(resend, 'resend', home.secret.resend, resendEmail().body, { id: 'msg_late', at: late }),
      'body_changed': () => request(resend, {
        headers: signed('resend', home.secret.resend, compact, { id: 'msg_changed' }),
        body: JSON.stringify(JSON.parse(compact), null, 2),
      }),
      'missing_signature': () => request(resend, { body: compact, headers: { 'content-type': 'application/json' } }),
      'no_match at Stripe': () => send(web.url('/webhooks/stripe'), 'stripe', `whsec_${randomId(32)}`, customer().body),
    };
    const answers = {};
    for (const [name, make] of Object.entries(requests)) answers[name] = (await make()).status;
    assert.deepEqual(Object.values(answers), [401, 401, 401, 401, 401, 401, 400]);

    await until('all are in quarantine', () => kept(home) === 7);
    assert.equal(home.one('SELECT count(*) FROM event'), 0);
    const list = json(home.hk(['quarantine', 'list', '--json']));
    const of = (id) => list.requests.find((r) => r.event_id === id);
    assert.equal(of('msg_user').reason, 'no_match');
    assert.equal(of('msg_forged').reason, 'no_match');
    assert.equal(of('msg_elsewhere').reason, 'wrong_provider');
    assert.equal(of('msg_late').reason, 'clock');
    assert.equal(of('msg_changed').reason, 'body_changed');
    assert.equal(list.requests.find((r) => r.event_id === null && r.provider === 'resend').reason, 'missing_signature');
    assert.equal(list.requests.find((r) => r.provider === 'stripe').reason, 'no_match');
    assert.ok(list.requests.every((r) => !r.verified && r.event === null && r.detail.length > 20));

    const people = home.hk(['quarantine', 'list']);
    assert.match(people.out, /refused in the last 24 h: .*clerk no_match 3/);
    const shown = home.hk(['quarantine', 'show', String(of('msg_elsewhere').id)]);
    assert.match(shown.out, /of "resend" made this signature/);
    assert.match(shown.out, /what to do\n/);
    assert.ok(!shown.out.includes(home.secret.resend.slice(6)));
    assert.equal(home.hk(['quarantine', 'show', String(of('msg_user').id), '--raw']).out, body);

    const early = home.hk(['quarantine', 'accept', String(of('msg_user').id)]);
    assert.equal(early.status, 1);
    assert.match(early.err, /no secret of clerk signs it/);
    assert.equal(home.one('SELECT count(*) FROM event'), 0);

    setSecrets(home, 'clerk', `new=${theirs}`);
    const first = home.hk(['quarantine', 'accept', String(of('msg_user').id)]);
    assert.equal(first.status, 0, first.err);
    assert.match(first.out, /is event \d+ now, signed by "new"/);
    assert.ok(!first.out.includes('no worker'), 'the worker was told');
    await home.settled();
    assert.equal(home.one(`SELECT balance FROM account JOIN site_user ON account.owner = site_user.id
      WHERE clerk_id = '${user}'`), 40);

    const again = home.hk(['quarantine', 'accept', String(of('msg_user').id)]);
    assert.equal(again.status, 1);
    assert.match(again.err, /accepted before/);
    for (const id of ['msg_forged', 'msg_elsewhere', 'msg_changed'])
      assert.equal(home.hk(['quarantine', 'accept', String(of(id).id)]).status, 1, id);
    assert.equal(home.hk(['quarantine', 'accept', '--provider', 'clerk', '--yes']).status, 1);
    assert.equal(home.one('SELECT count(*) FROM event'), 1);

    // Its sender comes again by itself, after the receivers know the secret.
    const late1 = home.hk(['quarantine', 'accept', '--provider', 'resend', '--reason', 'clock', '--yes']);
    assert.equal(late1.status, 0, late1.err);
    assert.match(late1.err, /accepting 1 of 1/);
    await home.settled();
    const restarted = await lighttpd(home);
    const repeat = await send(restarted.url('/webhooks/clerk'), 'clerk', theirs, body, { id: 'msg_user' });
    assert.equal(repeat.json.duplicate, true, repeat.text);
    assert.deepEqual(home.sql('SELECT provider, event_id, status, outcome FROM event ORDER BY id'), [
      { provider: 'clerk', event_id: 'msg_user', status: 'completed', outcome: 'handled' },
      { provider: 'resend', event_id: 'msg_late', status: 'completed', outcome: 'handled' },
    ]);
    assert.equal(home.one("SELECT count(*) FROM transfer WHERE kind = 'signup_bonus'"), 1);
    assert.equal(home.hk(['audit']).status, 0);

    const doctor = json(home.hk(['doctor', '--json']));
    const warned = doctor.checks.filter((c) => c.name === 'refused' && c.state === 'warn').map((c) => c.text);
    for (const reason of ['no_match', 'wrong_provider', 'body_changed'])
      assert.ok(warned.some((text) => text.includes(reason)), reason);
    assert.ok(!warned.some((text) => text.includes('clock')), 'what was accepted needs no advice');
  }));

test('a flood of 3,000 bad requests: good ones are answered at once, few are kept, all are counted', () =>
  withHome({ settings: { hookkeeper: { quarantine_rate: 30 } } }, async (home) => {
    const web = await lighttpd(home);
    const url = web.url('/webhooks/stripe');
    const wrong = `whsec_${randomId(32)}`;
    const good = async () => {
      const began = performance.now();
      const answer = await send(url, 'stripe', home.secret.stripe, customer().body, { keep: false });
      assert.equal(answer.status, 200, answer.text);
      return performance.now() - began;
    };
    await good();
    const lines = home.logText().split('\n').length;

    let sent = 0;
    const waits = [];
    const bad = async (worker) => {
      for (; sent < 3000;) {
        const shaped = sent++ % 2 === 0;
        const { body } = customer();
        const answer = shaped ? await send(url, 'stripe', wrong, body) : await request(url, { body });
        assert.equal(answer.status, 400);
        if (worker === 0) waits.push(await good());
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, worker) => bad(worker)));
    assert.ok(waits.length > 5);
    waits.sort((a, b) => a - b);
    const most = waits[Math.floor(waits.length * 0.95)];
    assert.ok(most < 1000 * slow && waits.at(-1) < 5000 * slow, `good ones: 95 of 100 in ${most} ms, all in ${waits.at(-1)}`);
    assert.equal(home.one('SELECT count(*) FROM event'), waits.length + 1);

    await until('every refusal is counted', () => home.one('SELECT sum(times) FROM refusal_count') === 3000);
    // Two minutes at most: the flood may begin in one and end in the next.
    const rows = Object.fromEntries(home.sql('SELECT shaped, count(*) AS n FROM quarantine GROUP BY shaped').map((r) => [r.shaped, r.n]));
    assert.ok(rows[1] > 0 && rows[1] <= 60, `${rows[1]} shaped`);
    assert.ok(rows[0] > 0 && rows[0] <= 6, `${rows[0]} noise`);
    assert.match(home.hk(['quarantine', 'list']).out, /stripe missing_header 1500, stripe no_match 1500/);
    const more = home.logText().split('\n').length - lines;
    assert.ok(more < 10, `${more} lines more in the log`);
  }));

test('a secret is replaced: which are in use is said, and when the old one may go', () =>
  withHome({}, async (home) => {
    const old = `whsec_${randomId(32)}`;
    setSecrets(home, 'stripe', `new=${home.secret.stripe} old=${old}`);
    const verdicts = () => Object.fromEntries(json(home.hk(['secrets', '--json'])).secrets
      .filter((s) => s.sender === 'stripe').map((s) => [s.label, s]));
    const web = await lighttpd(home);
    const take = async (secret) =>
      assert.equal((await send(web.url('/webhooks/stripe'), 'stripe', secret, customer().body)).status, 200);

    await take(old);
    assert.equal(verdicts().new.verdict, 'not seen yet');
    assert.equal(verdicts().old.verdict, 'in use');
    assert.equal(verdicts().old.removable_at, null);
    await take(home.secret.stripe);
    const both = verdicts();
    assert.deepEqual([both.new.verdict, both.old.verdict], ['in use', 'in use']);
    assert.equal(Date.parse(both.old.removable_at) - Date.parse(both.old.last_at), 24 * 3600 * 1000);
    assert.deepEqual([both.new.recent_events, both.old.recent_events], [1, 1]);

    // A day and more goes by.
    const shell = home.start('sqlite3', ['-cmd', '.timeout 20000', home.db, `UPDATE secret_use SET first_at = first_at - ${30 * 3600e6},
      last_at = last_at - CASE label WHEN 'old' THEN ${25 * 3600e6} ELSE 0 END`]);
    assert.equal((await shell.gone).code, 0);
    const people = home.hk(['secrets']);
    assert.equal(people.status, 0);
    assert.match(people.out, /stripe +old .* safe to remove since \d{4}-\d\d-\d\d/);
    assert.match(people.out, /stripe +new .* in use\n/);
    for (const secret of [old, home.secret.stripe]) assert.ok(!people.out.includes(secret.slice(6)));

    setSecrets(home, 'stripe', `new=${home.secret.stripe}`);
    assert.equal(verdicts().old.verdict, 'removed');
    const doctor = home.hk(['doctor']);
    assert.equal(doctor.status, 0, doctor.out);
    assert.match(doctor.out, /ok +stripe +1 secret, last event \d{4}/);
    assert.match(doctor.out, /ok +clock +/);
  }));
