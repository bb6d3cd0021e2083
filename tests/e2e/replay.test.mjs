// The dry replay: healthy books are the same again, whatever happened and in which
// order; what is broken is told, and nothing else; and nobody is held up meanwhile.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Home, randomId, root, slow, sleep, until } from './lib/home.mjs';
import { lighttpd } from './lib/servers.mjs';
import { clerkUser, send } from './lib/senders.mjs';
import { random, story } from './lib/story.mjs';

const seed = Number(process.env.HK_SEED ?? 7);

const replay = (home, args = []) => {
  const { status, out, err } = home.hk(['replay', '--dry-run', '--json', ...args]);
  assert.ok(status === 0 || status === 1, err + out);
  return { status, err, ...JSON.parse(out) };
};
const copies = (home) => fs.readdirSync(path.dirname(home.db)).filter((name) => name.includes('.copy-'));
const shuffled = (list, rnd) => list.map((v) => [rnd(), v]).sort((a, b) => a[0] - b[0]).map(([, v]) => v);

// The samples of all types, each with an id of its own.
const samples = () => ['stripe', 'clerk', 'resend'].flatMap((provider) =>
  fs.readdirSync(path.join(root, 'samples', provider)).map((file) => ({
    provider, id: `msg_${randomId()}`, body: fs.readFileSync(path.join(root, 'samples', provider, file), 'utf8'),
  })));

// A burn (or a gift, when above 0) as a program books it: two balances and a line.
const moved = (home, clerkId, key, amount) => {
  const kind = amount > 0 ? 'adjust' : 'burn', n = Math.abs(amount), now = Date.now() * 1000;
  const owner = `(SELECT a.id FROM account a JOIN site_user u ON u.id = a.owner WHERE u.clerk_id = '${clerkId}')`;
  const system = `(SELECT id FROM account WHERE owner_kind = 'system' AND owner = '${kind}')`;
  const [from, to] = amount > 0 ? [system, owner] : [owner, system];
  home.change(`BEGIN IMMEDIATE;
    INSERT OR IGNORE INTO account (owner_kind, owner, created_at) VALUES ('system', '${kind}', ${now});
    INSERT INTO transfer (kind, business_key, debit, credit, amount, created_at)
      VALUES ('${kind}', '${key}', ${from}, ${to}, ${n}, ${now});
    UPDATE account SET balance = balance - ${n} WHERE id = ${from};
    UPDATE account SET balance = balance + ${n} WHERE id = ${to}; COMMIT`);
};

describe('after a long and mixed story', () => {
  const home = new Home();
  const rnd = random(seed);
  let users;
  before(async () => {
    const web = await lighttpd(home, { processes: 2 });
    for (const ref of new Set(samples().flatMap(({ body }) => body.match(/\b(price|cplan)_[A-Za-z0-9]+/g) ?? [])))
      home.hk(['plan', 'set', ref, '--credits', '700']);
    const told = story(rnd, 250);
    users = [...told.balances.keys()];
    const events = shuffled([...told.events, ...samples(), ...told.events.slice(0, 20)], rnd);
    const post = async (list) => {
      for (const { provider, id, body } of list) {
        const answer = await send(web.url(`/webhooks/${provider}`), provider, home.secret[provider], body, { id });
        assert.equal(answer.status, 200, answer.text);
      }
    };
    const half = Math.floor(events.length / 2);
    const each = (list) => Promise.all([0, 1, 2, 3].map((k) => post(list.filter((_, i) => i % 4 === k))));
    await each(events.slice(0, half));
    await home.settled();
    const known = users.filter((u) => home.one(`SELECT count(*) FROM account a JOIN site_user u ON u.id = a.owner
      WHERE u.clerk_id = '${u}'`) === 1);
    known.forEach((user, i) => moved(home, user, `test:${i}`, i % 3 === 0 ? 25 : -(i % 10) - 1));
    assert.ok(known.length > 10);
    await each(events.slice(half));
    await home.settled();
    users = known;
  });
  after(() => home.close());

  test(`a replay finds no difference (HK_SEED=${seed})`, () => {
    const got = replay(home);
    assert.deepEqual(got.differences, []);
    assert.equal(got.status, 0);
    assert.equal(got.events, home.one("SELECT count(*) FROM event WHERE status <> 'pending' OR waits_for IS NOT NULL"));
    assert.equal(got.handled, home.one("SELECT count(*) FROM event WHERE outcome = 'handled'"));
    assert.equal(got.carried, home.one('SELECT count(*) FROM transfer WHERE event IS NULL'));
    assert.ok(got.carried > 10 && got.handled > 200, JSON.stringify(got));
    assert.equal(got.err, '');
    assert.deepEqual(copies(home), []);
  });

  test('a balance that was changed by hand is told, and nothing else', () => {
    const user = users[3], is = `owner = (SELECT id FROM site_user WHERE clerk_id = '${user}')`;
    const { balance } = home.sql(`SELECT balance FROM account WHERE ${is}`)[0];
    home.change(`UPDATE account SET balance = balance + 5 WHERE ${is}`);
    const got = replay(home);
    assert.deepEqual(got.differences, [{ table: 'account', books: 'both', key: user, columns: { balance: [balance + 5, balance] } }]);
    assert.equal(got.status, 1);
    assert.equal(got.credits_before - got.credits_after, 5);
    const text = home.hk(['replay', '--dry-run']);
    assert.match(text.out, new RegExp(`account +${user} +balance ${balance + 5} -> ${balance}\n`));
    home.change(`UPDATE account SET balance = balance - 5 WHERE ${is}`);
  });

  test('a grant that is gone comes again', () => {
    const { business_key: key, amount } = home.sql("SELECT business_key, amount FROM transfer WHERE kind = 'purchase' LIMIT 1")[0];
    home.change(`CREATE TABLE kept AS SELECT * FROM transfer WHERE business_key = '${key}';
      DELETE FROM transfer WHERE business_key = '${key}'`);
    const got = replay(home);
    assert.deepEqual(got.differences.map((d) => [d.table, d.books, d.key, d.columns.amount]), [['transfer', 'replayed', key, amount]]);
    home.change('INSERT INTO transfer SELECT * FROM kept; DROP TABLE kept');
    assert.equal(replay(home).status, 0);
  });

  test('with the double bonus and other plans the sums are other ones', () => {
    const bonuses = home.one("SELECT count(*) FROM transfer WHERE kind = 'signup_bonus'");
    const other = path.join(home.dir, 'other.conf');
    home.write(other, fs.readFileSync(home.conf, 'utf8').replace('[credits]\n', '[credits]\nsignup_bonus = 80\n'));
    fs.chmodSync(other, 0o600);
    const doubled = home.hk(['replay', '--dry-run', '--json', '--conf', other]);
    assert.equal(doubled.status, 1, doubled.err);
    const got = JSON.parse(doubled.out);
    assert.equal(got.credits_after - got.credits_before, bonuses * 40);
    // plans that are what they are make no difference
    const file = path.join(home.dir, 'plans.json');
    home.write(file, home.hk(['plan', 'list', '--json']).out);
    assert.equal(replay(home, ['--plans', file]).status, 0);
    const plans = JSON.parse(fs.readFileSync(file, 'utf8')).plans.map((p) => ({ ...p, credits: 2 * p.credits }));
    home.write(file, JSON.stringify(plans));
    const dear = replay(home, ['--plans', file, '--limit', '1000']);
    const sum = (side) => dear.differences.filter((d) => d.table === 'account' && !d.key.startsWith('system ') && d.columns.balance)
      .reduce((n, d) => n + (d.books === 'both' ? d.columns.balance[side] : side === 1 ? d.columns.balance : 0), 0);
    assert.ok(dear.credits_after > dear.credits_before);
    assert.equal(sum(1) - sum(0), dear.credits_after - dear.credits_before);
  });
});

// 20,000 users of Clerk, worked off.
function many(home, n) {
  const at = Date.now() * 1000 - n * 1000;
  home.change(`BEGIN; INSERT INTO event (provider, event_id, event_type, lane, status, next_attempt_at, verified, created_at)
      WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ${n})
      SELECT 'clerk', 'bulk-' || i, 'user.created', 'user_' || i, 'pending', ${at} + i * 1000, 1, ${at} + i * 1000 FROM k;
    INSERT INTO event_body (event, headers, body) SELECT id, '{}', json_object('type', 'user.created', 'object', 'event',
      'pad', printf('%.*c', 1500, 'x'), 'data', json_object('id', lane, 'object', 'user', 'first_name', 'Ada', 'updated_at', 1790000000000,
      'primary_email_address_id', 'idn_1', 'email_addresses', json_array(json_object('id', 'idn_1', 'email_address',
      lane || '@example.com', 'verification', json_object('status', 'verified'))))) FROM event WHERE event_id GLOB 'bulk-*';
    COMMIT`);
  const worked = home.hk(['worker', '--once']);
  assert.equal(worked.status, 0, worked.err);
}

describe('a large database in use', () => {
  const n = 20000;
  const home = new Home();
  let web;
  before(async () => {
    home.hk(['init', '--mode', 'test', '--no-admin']);
    home.hk(['events', 'list']);
    web = await lighttpd(home);
    assert.equal((await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, clerkUser().body)).status, 200);
    await home.settled();
    many(home, n);
  });
  after(() => home.close());

  // Answers' times until `over` is true.
  async function post(over) {
    const took = [];
    while (!over() || took.length < 20) {
      const began = performance.now();
      const answer = await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, clerkUser().body, { keep: false });
      took.push(performance.now() - began);
      assert.equal(answer.status, 200, answer.text);
      await sleep(2);
    }
    return took.sort((a, b) => a - b);
  }

  test('receivers answer as ever while it is replayed, and it finds no difference', async (t) => {
    let done = 0;
    const alone = await post(() => ++done > 200);
    let over = false;
    const began = performance.now();
    const running = home.hkAsync(['replay', '--dry-run']).finally(() => { over = true; });
    const meanwhile = await post(() => over);
    const { status, out, err } = await running;
    const seconds = (performance.now() - began) / 1000;
    assert.equal(status, 0, out + err);
    assert.match(out, /no difference/);
    const says = (list) => `median ${list[list.length >> 1].toFixed(1)} ms, slowest ${list.at(-1).toFixed(1)} ms of ${list.length}`;
    t.diagnostic(`${n} events in ${seconds.toFixed(1)} s; answers alone: ${says(alone)}; meanwhile: ${says(meanwhile)}`);
    const most = (list) => list[Math.floor(list.length * 0.95)];
    assert.ok(most(meanwhile) < Math.max(500 * slow, 4 * most(alone)) && meanwhile.at(-1) < 5000 * slow, says(meanwhile));
    assert.deepEqual(copies(home), []);
  });

  test('killed in the middle it leaves nothing, and what was left before is removed', async () => {
    const books = () => home.sql(`SELECT (SELECT count(*) FROM transfer) AS t, (SELECT sum(id) FROM event) AS e,
      (SELECT count(*) FROM event WHERE status = 'completed') AS c, (SELECT sum(abs(balance)) FROM account) AS b`);
    await home.settled();	// what was posted just before
    const was = books();
    const dead = spawnSync('true');
    const left = `${home.db}.copy-${dead.pid}-a`;
    home.write(left, 'left over');
    for (const ms of [20, 80, 300]) {
      const child = home.start(path.join(home.bin, 'hookkeeper'), ['replay', '--dry-run'], { env: { HOOKKEEPER_CONF: home.conf } });
      await sleep(ms);
      child.kill('SIGKILL');
      await child.gone;
    }
    assert.deepEqual(books(), was);
    assert.equal(home.one('PRAGMA integrity_check'), 'ok');
    const got = replay(home);
    assert.equal(got.status, 0, JSON.stringify(got.differences.slice(0, 3)));
    assert.deepEqual(copies(home), []);
    assert.equal(fs.existsSync(left), false);
  });

  test('an interrupt ends it, and nothing is left', async () => {
    const child = home.start(path.join(home.bin, 'hookkeeper'), ['replay', '--dry-run'], { env: { HOOKKEEPER_CONF: home.conf } });
    await sleep(200);
    child.kill('SIGINT');
    const { signal } = await child.gone;
    assert.equal(signal, 'SIGINT');
    await until('no copy is there', () => copies(home).length === 0);
  });
});
