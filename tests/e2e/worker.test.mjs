// Who works the queue off: one worker, woken at once; or nobody but the
// receivers themselves after their replies.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Home, randomId, sanitized, slow, sleep, until } from './lib/home.mjs';
import { lighttpd } from './lib/servers.mjs';
import { clerkUser, resendEmail, send } from './lib/senders.mjs';

const outcome = (home, id) => home.one(`SELECT outcome FROM event WHERE id = ${id}`);
const balance = (home, user) => home.one(`SELECT balance FROM account JOIN site_user
  ON account.owner = site_user.id WHERE clerk_id = '${user}'`);
const workerIsUp = (home, child) => until('the worker holds its lock', () => {
  assert.equal(child.exitCode, null, home.logText());
  return home.hk(['worker', '--once']).status === 69;
});

describe('a worker', () => {
  const home = new Home({ settings: { hookkeeper: { work_after_reply: 'off' } } });
  let web, worker;
  before(async () => {
    web = await lighttpd(home);
    home.hk(['events', 'list']);
    worker = home.worker();
    await workerIsUp(home, worker);
  });
  after(() => home.close());

  test('is alone: a second one is told so by exit status 69', async () => {
    const second = home.worker();
    assert.equal((await second.gone).code, 69);
  });

  test('is woken by each event: received to handled takes moments', async (t) => {
    const ids = [];
    for (let i = 0; i < 30; i++) {
      const answer = await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, clerkUser().body);
      ids.push(answer.json.id);
      await sleep(20);
    }
    await home.settled();
    const took = home.sql(`SELECT (processed_at - created_at) / 1000.0 AS ms FROM event
      WHERE id IN (${ids}) AND outcome = 'handled' ORDER BY ms`).map((row) => row.ms);
    assert.equal(took.length, 30, 'all are handled');
    t.diagnostic(`received to handled: median ${took[15].toFixed(1)} ms, slowest ${took[29].toFixed(1)} ms`);
    assert.ok(took[15] < 2000 * slow, `median ${took[15]} ms`);
  });

  test('stops on SIGTERM within a second, and the next takes over', async () => {
    const began = Date.now();
    assert.deepEqual(await home.stop(worker), { code: 0, signal: null });
    assert.ok(Date.now() - began < 5000 * slow);
    const { user, body } = clerkUser();
    const answer = await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, body);
    await sleep(300);
    assert.equal(outcome(home, answer.json.id), null, 'nobody works');
    assert.equal(home.hk(['worker', '--once']).status, 0);
    assert.equal(outcome(home, answer.json.id), 'handled');
    assert.equal(balance(home, user), 40);
  });
});

describe('without a worker, receivers work after their replies', () => {
  const home = new Home();
  let web;
  before(async () => { web = await lighttpd(home); });
  after(() => home.close());

  for (const [way, at] of [['FastCGI', '/webhooks/clerk'], ['plain CGI', '/cgi/clerk.fcgi']])
    test(way, async () => {
      const sent = [];
      for (let i = 0; i < 10; i++) {
        const { user, body } = clerkUser();
        const answer = await send(web.url(at), 'clerk', home.secret.clerk, body);
        assert.equal(answer.status, 200, answer.text);
        sent.push({ user, id: answer.json.id });
      }
      // Who is served by a process of its own is worked off by that one, or by the next.
      let last = Date.now();
      await until('all ten are handled', async () => {
        if (sent.every(({ id }) => outcome(home, id) === 'handled')) return true;
        if (Date.now() - last > 3000) {
          assert.equal((await send(web.url(at), 'clerk', home.secret.clerk, clerkUser().body)).status, 200);
          last = Date.now();
        }
        return false;
      });
      for (const { user } of sent) assert.equal(balance(home, user), 40);
    });

  test('a worker that starts takes over, however much there is to do', async () => {
    const busy = new Home({ settings: { hookkeeper: { work_after_reply: 'off' } } });
    try {
      const first = await lighttpd(busy), { body } = clerkUser();
      assert.equal((await send(first.url('/webhooks/clerk'), 'clerk', busy.secret.clerk, body)).status, 200);
      await busy.stop(first.child);
      // More than a receiver works off in the time a worker waits for its turn.
      busy.change(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${sanitized ? 20000 : 100000})
        INSERT INTO event (provider, event_id, event_type, lane, status, next_attempt_at, verified, created_at)
        SELECT 'stripe', printf('evt_%08d', i), 'radar.early_fraud_warning.created', 'l' || i, 'pending', 1, 1, 1 FROM n;
        INSERT INTO event_body (event, headers, body) SELECT e.id, '{}', json_object('id', event_id, 'object', 'event',
          'type', event_type, 'created', 1, 'livemode', json('false'), 'data', json_object('object', json_object('id', 'x')))
          FROM event e WHERE provider = 'stripe'`);
      busy.write(busy.conf, fs.readFileSync(busy.conf, 'utf8').replace('work_after_reply = off', 'work_after_reply = on'));
      const web = await lighttpd(busy);
      const more = send(web.url('/webhooks/resend'), 'resend', busy.secret.resend, resendEmail().body);
      await until('a receiver works', () => busy.one("SELECT count(*) FROM event WHERE status = 'completed'") > 1000);
      const worker = busy.worker();
      await until('the worker works', () => {
        assert.equal(worker.exitCode, null, busy.logText());
        return fs.existsSync(path.join(path.dirname(busy.db), 'worker.sock'));
      });
      assert.ok(busy.one("SELECT count(*) FROM event WHERE status = 'pending'") > 1000, 'there is still much to do');
      assert.equal((await more).status, 200);
      await busy.settled(60000 * slow);
      assert.equal(worker.exitCode, null);
    } finally {
      await busy.close();
    }
  });

  test('the answer does not wait for the work', async () => {
    // A long queue: made while nobody was allowed to work.
    const idle = new Home({ settings: { hookkeeper: { work_after_reply: 'off' } } });
    try {
      const quiet = await lighttpd(idle);
      await Promise.all(Array.from({ length: 300 }, () =>
        send(quiet.url('/webhooks/resend'), 'resend', idle.secret.resend, resendEmail().body)));
      assert.equal(idle.one("SELECT count(*) FROM event WHERE status = 'pending'"), 300);
      idle.write(idle.conf, fs.readFileSync(idle.conf, 'utf8').replace('work_after_reply = off', 'work_after_reply = on'));
      const busy = await lighttpd(idle);
      const began = Date.now();
      const answer = await send(busy.url('/cgi/resend.fcgi'), 'resend', idle.secret.resend,
        resendEmail().body, { id: `msg_${randomId()}` });
      assert.equal(answer.status, 200);
      assert.ok(Date.now() - began < 5000 * slow);	// the work would take long
    } finally {
      await idle.close();
    }
  });
});
