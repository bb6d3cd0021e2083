// A database's life: copied while it is in use and put back, moved by lines of JSON,
// pruned while events come in, upgraded under load, and killed in the middle of each.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { faultBuild } from './lib/faults.mjs';
import { Home, randomId, root, sanitized, sleep, slow, until } from './lib/home.mjs';
import { lighttpd } from './lib/servers.mjs';
import { clerkUser, send, sendUntilTaken } from './lib/senders.mjs';
import { assertTold, random, story } from './lib/story.mjs';

const seed = Number(process.env.HK_SEED ?? 11);
const who = process.getuid() === 0 ? { uid: 33, gid: 33 } : {};
const file = (home, name) => path.join(home.dir, 'data', name);
const beside = (home) => fs.readdirSync(path.join(home.dir, 'data'));

function read(db, query) {
  const run = spawnSync('sqlite3', ['-json', '-readonly', '-cmd', '.timeout 10000', db, query], { ...who, encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim() === '' ? [] : JSON.parse(run.stdout);
}

const ok = (run, status = 0) => {
  assert.equal(run.status, status, run.out + run.err);
  return run;
};

// Receivers end a moment after their web server.
const unused = (home, args) => until('nobody has the database open', () => {
  const run = home.hk(args);
  return run.status !== 69 && run;
});

// Tell all of it by so many senders at once; calls taken(event, ms) for each.
async function tell(home, web, events, senders = 8, taken = () => {}) {
  let next = 0;
  await Promise.all(Array.from({ length: senders }, async () => {
    while (next < events.length) {
      const event = events[next++], began = performance.now();
      await sendUntilTaken(web.url(`/webhooks/${event.provider}`), event.provider, home.secret[event.provider],
        event.body, event.id, 60000 * slow);
      taken(event, performance.now() - began);
    }
  }));
}

// What the books say, by names that mean the same in every database.
const books = (db) => Object.fromEntries(Object.entries({
  users: 'SELECT clerk_id, email, first_name, deleted_at IS NOT NULL AS gone FROM site_user ORDER BY 1',
  balances: "SELECT COALESCE(u.clerk_id, a.owner) AS whose, a.balance FROM account a LEFT JOIN site_user u ON u.id = a.owner ORDER BY 1",
  transfers: 'SELECT business_key, kind, amount FROM transfer ORDER BY 1',
  payments: 'SELECT ref, amount, granted, owed, taken FROM payment ORDER BY 1',
  mails: 'SELECT email_id, state, opens, clicks FROM email ORDER BY 1',
  history: 'SELECT email_id, kind, occurred_at, detail FROM email_history ORDER BY 1, 2, 3, 4',
  checkouts: 'SELECT session, payment_status, amount_total, fulfilled_at IS NOT NULL AS done FROM checkout ORDER BY 1',
}).map(([name, query]) => [name, read(db, query)]));

test('a backup made under load has all that was acknowledged before it began, and comes back', async (t) => {
  const home = new Home();
  try {
    ok(home.hk(['init', '--no-admin']));
    const told = story(random(seed), sanitized ? 300 : 2500), { events } = told;
    const web = await lighttpd(home), worker = home.worker();
    const acked = [], during = [];
    let going = false;
    const telling = tell(home, web, events, 16, (event, ms) => { acked.push(event.id); if (going) during.push(ms); });
    await until('a third of it acknowledged', () => acked.length > events.length / 3, 60000);

    const before = [...acked], backup = file(home, 'first.bak');
    going = true;
    const busy = (async () => {		// all the time: on a quick machine by repeats, of which nothing comes
      await telling;
      while (going) await tell(home, web, events.slice(0, 100), 16, (event, ms) => { if (going) during.push(ms); });
    })();
    const made = ok(await home.hkAsync(['backup', backup, '--json']));
    going = false;
    await busy;
    const { bytes, took_ms } = JSON.parse(made.out);
    t.diagnostic(`${bytes} bytes in ${took_ms} ms, ${during.length} acknowledged meanwhile, the slowest in ${Math.max(0, ...during).toFixed(0)} ms`);
    assert.ok(Math.max(0, ...during) < 10000 * slow, 'nobody was held up');
    assert.equal(fs.statSync(backup).mode & 0o777, 0o600);
    const copied = new Set(read(backup, 'SELECT event_id FROM event').map((r) => r.event_id));
    assert.deepEqual(before.filter((id) => !copied.has(id)), []);
    assert.equal(read(backup, 'PRAGMA integrity_check')[0].integrity_check, 'ok');
    await home.settled();

    // In use: it says by whom, and does nothing.
    const refused = ok(home.hk(['restore', backup]), 69);
    assert.match(refused.err, /in use by .*hookkeeper worker \(process \d+\)/);
    assert.match(refused.err, /stripe\.fcgi/);
    assert.match(refused.err, /systemctl stop/);
    assert.equal(home.one('SELECT count(*) FROM event'), events.length);

    await home.stop(worker);
    await home.stop(web.child);
    const back = JSON.parse(ok(await unused(home, ['restore', backup, '--json'])).out);
    assert.match(back.kept, /hookkeeper\.db\.\d{8}-\d{6}$/);
    assert.equal(read(back.kept, 'SELECT count(*) AS n FROM event')[0].n, events.length, 'what was there is kept');
    assert.equal(home.one('SELECT count(*) FROM event'), copied.size);
    assert.equal(home.one("SELECT count(*) FROM audit_log WHERE action = 'database.restore'"), 1);

    // And life goes on: the senders tell all once more, what was lost is new.
    const again = await lighttpd(home), last = home.worker();
    await tell(home, again, events, 16);
    await home.settled(60000);
    await home.stop(last);
    assertTold(home, told);
    assert.deepEqual(beside(home).filter((name) => /part|restore/.test(name)), []);
  } finally {
    await home.close();
  }
});

test('a restore while programs run: they go on with what was restored', async () => {
  const home = new Home();
  try {
    ok(home.hk(['init', '--no-admin']));
    const first = story(random(seed + 1), 60), later = story(random(seed + 2), 60);
    const web = await lighttpd(home), worker = home.worker();
    await tell(home, web, first.events);
    await home.settled();
    const backup = file(home, 'x.bak');
    ok(home.hk(['backup', backup]));
    await tell(home, web, later.events);
    const running = tell(home, web, first.events);	// repeats, while it is restored
    const back = ok(await home.hkAsync(['restore', backup, '--anyway']));
    assert.match(back.out, /is kept as/);
    await running;
    await home.settled();
    assertTold(home, first);
    await tell(home, web, later.events);
    await home.settled();
    await home.stop(worker);
    assertTold(home, {
      events: [...first.events, ...later.events], balances: new Map([...first.balances, ...later.balances]),
      payments: first.payments + later.payments, mails: new Map([...first.mails, ...later.mails]),
    });
  } finally {
    await home.close();
  }
});

describe('a restore refuses what is no backup, and repairs what is no database', () => {
  for (const [what, make, says] of [
    ['a text', (at) => fs.writeFileSync(at, 'hello\n'.repeat(3000)), /not a database|another program/],
    ["another program's", (at) => spawnSync('sqlite3', [at, 'CREATE TABLE t (a); PRAGMA user_version = 3']), /another program/],
    ['one of a later version', (at, db) => { spawnSync('sqlite3', [db, `VACUUM INTO '${at}'`]); spawnSync('sqlite3', [at, 'PRAGMA user_version = 999']); }, /number 999/],
    ['one with a hole', (at, db) => { spawnSync('sqlite3', [db, `VACUUM INTO '${at}'`]); const fd = fs.openSync(at, 'r+'); fs.writeSync(fd, Buffer.alloc(40000, 7), 0, 40000, 8192 * 2); fs.closeSync(fd); }, /malformed|quick_check/],
    ['nothing', () => {}, /No such file/],
  ])
    test(what, async () => {
      const home = new Home();
      try {
        ok(home.hk(['init', '--no-admin']));
        const at = file(home, 'odd');
        make(at, home.db);
        if (who.uid && fs.existsSync(at)) fs.chownSync(at, who.uid, who.gid);
        const before = fs.readFileSync(home.db);
        const run = home.hk(['restore', at]);
        assert.notEqual(run.status, 0);
        assert.match(run.err, says);
        assert.deepEqual(fs.readFileSync(home.db), before);
        assert.deepEqual(beside(home).filter((name) => /\d{8}-/.test(name)), []);
      } finally {
        await home.close();
      }
    });

  test('a damaged database makes way, with its log', async () => {
    const home = new Home();
    try {
      ok(home.hk(['init', '--no-admin']));
      ok(home.hk(['plan', 'set', 'price_1', '--credits', '5']));
      const backup = file(home, 'x.bak');
      ok(home.hk(['backup', backup]));
      home.write(home.db, 'no database at all, and rather short');
      home.write(`${home.db}-wal`, 'nor a log');
      ok(home.hk(['restore', backup]));
      assert.equal(home.one('SELECT credits FROM plan'), 5);
      const kept = beside(home).filter((name) => /^hookkeeper\.db\.\d{8}-\d{6}(-wal)?$/.test(name)).sort();
      assert.equal(kept.length, 2, kept.join());
      assert.equal(fs.readFileSync(file(home, kept[0]), 'utf8'), 'no database at all, and rather short');
      assert.match(kept[1], /-wal$/);
    } finally {
      await home.close();
    }
  });
});

describe('killed in the middle', { skip: !fs.existsSync(path.join(faultBuild, 'bin/hookkeeper')) && 'no broken build' }, () => {
  for (const [at, args, prepare] of [
    ['backup.pages:1', ['backup', 'data/x.bak']],
    ['backup.whole:1', ['backup', 'data/x.bak']],
    ['backup.named:1', ['backup', 'data/x.bak']],
    ['backup.pages:1', ['restore', 'data/old.bak']],
    ['backup.pages:20', ['restore', 'data/old.bak']],
    ['restore.kept:1', ['restore', 'data/old.bak']],
    ['restore.done:1', ['restore', 'data/old.bak']],
    ['commit.before:2', ['import', 'data/events.ndjson', '--trust']],
    ['pruned:1', ['prune', '--bodies', '1s', '--events', '1s']],
    ['pruned:2', ['prune', '--bodies', '1s', '--events', '1s']],
    ['restore.aside:1', ['restore', 'data/old.bak'], (home) => home.write(home.db, 'damaged')],
    ['restore.aside:2', ['restore', 'data/old.bak'], (home) => home.write(home.db, 'damaged')],
  ])
    test(`${args[0]} at ${at}${prepare ? ', of a damaged database' : ''}`, async () => {
      const home = new Home({ from: faultBuild });
      try {
        ok(home.hk(['init', '--no-admin']));
        const web = await lighttpd(home);
        await tell(home, web, story(random(seed), 120).events);
        await home.stop(web.child);
        ok(home.hk(['worker', '--once']));
        ok(home.hk(['backup', 'data/old.bak']));
        ok(home.hk(['export', '--out', 'data/events.ndjson']));
        ok(home.hk(['plan', 'set', 'price_1', '--credits', '5']));
        await sleep(1200);
        await until('the receivers have ended', () => !fs.readdirSync('/proc').some((pid) => {
          try { return fs.readlinkSync(`/proc/${pid}/exe`).startsWith(`${home.bin}/`); } catch { return false; }
        }));
        if (at === 'backup.pages:20') assert.ok(home.one('PRAGMA page_count') > 17 * 8 && home.one('PRAGMA page_count') < 19 * 16, 'in the middle');
        const events = home.one('SELECT count(*) FROM event');
        prepare?.(home);
        const died = home.hk(args, { env: { HK_FAULT: at } });
        assert.equal(died.status, null, `it was killed: ${died.err}`);
        if (!prepare) {
          assert.equal(home.one('PRAGMA integrity_check'), 'ok');
          assert.deepEqual(home.sql('PRAGMA foreign_key_check'), []);
          assert.equal(home.one('SELECT count(*) FROM event'), events);
          ok(home.hk(['audit']));
          if (args[0] === 'restore') assert.equal(home.one('SELECT count(*) FROM plan'), at === 'restore.done:1' ? 0 : 1, 'all of the one or of the other');
        }
        // Said again it does what it should, and nothing half is left.
        ok(home.hk(args));
        assert.equal(home.one('PRAGMA integrity_check'), 'ok');
        assert.equal(home.one('SELECT count(*) FROM event'), events);
        ok(home.hk(['audit']));
        assert.deepEqual(beside(home).filter((name) => /\.part-/.test(name)), []);
        if (args[0] === 'restore') assert.equal(home.one('SELECT count(*) FROM plan'), 0);
        if (args[0] === 'prune') assert.equal(home.one('SELECT count(*) FROM event_body'), 0);
      } finally {
        await home.close();
      }
    });
});

test('export | import into an empty database gives the same books', async () => {
  const from = new Home(), to = new Home();
  try {
    ok(from.hk(['init', '--no-admin']));
    ok(to.hk(['init', '--no-admin']));
    const told = story(random(seed + 3), 400), web = await lighttpd(from), worker = from.worker();
    const odd = { provider: 'resend', id: `msg_${randomId()}`, body: '{"type":"email.unheard_of","created_at":"2026-11-22T10:00:00Z","data":{"text":"\\u0000 ü \u{1f4a1}"}}' };
    await tell(from, web, [...told.events, odd]);
    await until('all of it worked', () => from.one("SELECT count(*) FROM event WHERE status <> 'completed'") === 0, 20000);
    await from.stop(worker);
    const lines = ok(from.hk(['export'])).out;
    assert.equal(lines.trim().split('\n').length, told.events.length + 1);
    fs.writeFileSync(path.join(to.dir, 'in.ndjson'), lines);

    // Nobody vouches for it: it is there to look at, and gives nothing to anybody.
    ok(to.hk(['import', 'in.ndjson']));
    ok(to.hk(['worker', '--once']));
    assert.equal(to.one('SELECT count(*) FROM transfer'), 0);
    assert.equal(to.one("SELECT count(*) FROM event WHERE verified = 1 OR secret_label <> 'imported'"), 0);
    const retry = to.hk(['events', 'retry', String(to.one("SELECT min(id) FROM event WHERE reason LIKE 'imported%'"))]);
    assert.notEqual(retry.status, 0);
    assert.match(retry.err + retry.out, /imported without --trust/);

    ok(to.hk(['replay', '--dry-run']));	// nor in a replay

    const trusted = JSON.parse(ok(to.hk(['import', '-', '--trust', '--json'], { input: lines })).out);
    assert.equal(trusted.to_work + trusted.there, told.events.length + 1);
    ok(to.hk(['worker', '--once']));
    assert.deepEqual(books(to.db), books(from.db));
    ok(to.hk(['audit']));
    assert.deepEqual(JSON.parse(ok(to.hk(['import', '-', '--trust', '--json'], { input: lines })).out),
      { to_work: 0, kept: 0, untrusted: 0, there: told.events.length + 1 });
    // Bodies byte for byte.
    const sum = 'SELECT event_id, hex(body) AS b, packed FROM event_body JOIN event ON event.id = event ORDER BY 1';
    assert.deepEqual(to.sql(sum), from.sql(sum));

    const cut = to.hk(['import', '-'], { input: `${lines.split('\n')[0]}\n{"provider":` });
    assert.notEqual(cut.status, 0);
    assert.match(cut.err, /line 2: /);
  } finally {
    await from.close();
    await to.close();
  }
});

test('pruned while events come in: the books stay, repeats are known, nothing open goes', async () => {
  const home = new Home({ settings: { clerk: { unknown_events: 'store' } } });
  try {
    ok(home.hk(['init', '--no-admin']));
    const told = story(random(seed + 4), sanitized ? 200 : 600), more = story(random(seed + 5), sanitized ? 100 : 400);
    const web = await lighttpd(home), worker = home.worker();
    await tell(home, web, told.events);
    // One that fails for want of a price stays whole.
    const { user, body } = clerkUser();
    const sent = await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, body);
    assert.equal(sent.status, 200, sent.text);
    const failed = { provider: 'stripe', id: `evt_${randomId()}`, user };
    failed.body = JSON.stringify({ id: failed.id, object: 'event', created: 1, livemode: false, type: 'checkout.session.completed',
      data: { object: { id: 'cs_1', object: 'checkout.session', mode: 'payment', payment_status: 'paid', client_reference_id: user, payment_intent: 'pi_none' } } });
    await tell(home, web, [failed]);
    await home.settled();
    await until('indexed', () => home.one("SELECT value FROM mark WHERE name = 'indexed_to'") === home.one('SELECT max(id) FROM event'), 20000);
    await until('counted', () => home.one("SELECT value >= (SELECT max(id) FROM attempt) FROM mark WHERE name = 'counted_attempts'") === 1);
    await until('handed on', () => home.one('SELECT message FROM fanout') === home.one('SELECT max(id) FROM message'), 20000);
    assert.equal(home.one(`SELECT status FROM event WHERE event_id = '${failed.id}'`), 'failed');
    const books1 = books(home.db), email = home.one('SELECT email FROM site_user LIMIT 1');
    const finds = () => home.one(`SELECT count(*) FROM event_text WHERE event_text MATCH '"${email}"'`);
    assert.ok(finds() > 0);
    await sleep(1100);

    const dry = JSON.parse(ok(home.hk(['prune', '--bodies', '1s', '--events', '1s', '--dry-run', '--json'])).out);
    assert.ok(dry.bodies > told.events.length / 2 && dry.events === dry.bodies);
    assert.equal(home.one('SELECT count(*) FROM event WHERE pruned_at IS NOT NULL'), 0, 'a dry run changes nothing');
    const coming = tell(home, web, more.events);
    const gone = JSON.parse(ok(await home.hkAsync(['prune', '--bodies', '1s', '--events', '1s', '--json'])).out);
    assert.ok(gone.bodies >= told.events.length && gone.events > 0 && gone.messages > 0, JSON.stringify(gone));
    await coming;
    await home.settled();

    assert.equal(finds(), 0, 'the address is no longer in the index');
    const stubs = home.sql('SELECT * FROM event WHERE emptied_at IS NOT NULL');
    assert.ok(stubs.length >= told.events.length);
    const kept = ['id', 'provider', 'event_id', 'status', 'outcome', 'attempts', 'verified', 'created_at', 'pruned_at', 'emptied_at'];
    for (const stub of stubs)
      for (const [name, value] of Object.entries(stub))
        assert.ok(kept.includes(name) === (value !== null) || (name === 'attempts' && value === 0), `${name} = ${value}`);
    assert.equal(home.one(`SELECT count(*) FROM event_body b JOIN event e ON e.id = b.event WHERE e.event_id = '${failed.id}'`), 1);
    const books2 = books(home.db);
    for (const [name, rows] of Object.entries(books1)) {
      const now = books2[name].map((row) => JSON.stringify(row));
      const missing = rows.map((row) => JSON.stringify(row)).filter((row) => !now.includes(row) && !row.includes('"whose":"') );
      assert.deepEqual(missing, [], name);
    }
    ok(home.hk(['audit']));
    assert.equal(home.one('PRAGMA integrity_check'), 'ok');
    assert.deepEqual(home.sql('PRAGMA foreign_key_check'), []);

    // A repeat of what is gone, by its sender, years later.
    for (const event of told.events.slice(0, 20)) {
      const answer = await send(web.url(`/webhooks/${event.provider}`), event.provider, home.secret[event.provider], event.body, { id: event.id });
      assert.equal(answer.status, 200);
      assert.equal(answer.json.duplicate, true);
    }
    const replay = JSON.parse(home.hk(['replay', '--dry-run', '--json', '--limit', '0']).out);
    assert.ok(replay.pruned >= told.events.length, 'replay says what it cannot do');
    ok(home.hk(['plan', 'set', 'usd', '--credits', '1']));
    assert.equal(home.hk(['events', 'retry', String(stubs[0].id)]).status, 1);
    ok(home.hk(['events', 'list', '--limit', '5']));
    ok(home.hk(['events', 'show', String(stubs[0].id)]));
    await home.stop(worker);
  } finally {
    await home.close();
  }
});

test('the worker prunes by itself, by the settings; codes go in any case', async () => {
  const home = new Home();
  try {
    fs.appendFileSync(home.conf, '\n[retention]\nbodies = 30\nevents = 90\n');
    ok(home.hk(['init', '--no-admin']));
    const web = await lighttpd(home);
    const told = story(random(seed + 6), 60);
    await tell(home, web, told.events);
    const code = { provider: 'clerk', id: `msg_${randomId()}`, body: '{"type":"email.created","object":"event","data":{"id":"ema_1","object":"email","otp_code":"424242","delivered_by_clerk":true,"to_email_address":"a@example.com"}}' };
    await tell(home, web, [code]);
    ok(home.hk(['worker', '--once']));
    await home.settled();
    // As if they had come 40 and 100 days ago, and the code this morning.
    const day = 86400e6, now = Date.now() * 1000;
    home.change(`UPDATE event SET created_at = created_at - ${40 * day}, processed_at = processed_at - ${40 * day} WHERE id % 2 = 0;
      UPDATE event SET created_at = ${now - 100 * day}, processed_at = ${now - 100 * day} WHERE id % 4 = 0;
      UPDATE event SET created_at = ${now - day / 4}, processed_at = ${now - day / 4} WHERE event_id = '${code.id}';
      UPDATE prune SET next_at = 0, looked_to = 0;`);
    ok(home.hk(['worker', '--once']));
    const n = home.one('SELECT count(*) FROM event'), is = (what) => home.one(`SELECT count(*) FROM event WHERE ${what} AND event_id <> '${code.id}'`);
    assert.equal(is('pruned_at IS NULL'), is('id % 2 = 1'));
    assert.equal(is('emptied_at IS NOT NULL'), is('id % 4 = 0'));
    assert.equal(home.one(`SELECT count(*) FROM event_body b JOIN event e ON e.id = b.event WHERE e.event_id = '${code.id}'`), 0, 'the code is gone');
    assert.equal(home.one('SELECT count(*) FROM event'), n);
    assert.ok(home.one("SELECT min(next_at) FROM prune") > now, 'and the next round is later');
    ok(home.hk(['audit']));
  } finally {
    await home.close();
  }
});

// A database of an older schema: the first files of this tree, as a program of then made it.
function oldDatabase(home, upTo, events) {
  const files = fs.readdirSync(path.join(root, 'schema')).filter((name) => Number(name.slice(0, 4)) <= upTo).sort();
  const now = Date.now() * 1000;
  home.change(`PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;
    ${files.map((name) => fs.readFileSync(path.join(root, 'schema', name), 'utf8')).join('\n')}
    PRAGMA application_id = 0x686f6f6b; PRAGMA user_version = ${upTo};
    BEGIN;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${events})
      INSERT INTO event (provider, event_id, event_type, lane, status, outcome, signature, verified, secret_label, livemode, occurred_at, created_at, processed_at)
      SELECT 'stripe', printf('evt_old%08d', i), 'invoice.created', 'cus_' || (i % 1000), 'completed', 'skipped', 't=1,v1=00', 1, 'first', 0,
        ${now} - i * 1000, ${now} - i * 1000, ${now} FROM n;
    INSERT INTO event_body (event, headers, body)
      SELECT id, '{"content-type":"application/json"}', json_object('id', event_id, 'type', event_type, 'padding', hex(zeroblob(400))) FROM event;
    COMMIT;`);
}

describe('an upgrade under load', () => {
  const files = fs.readdirSync(path.join(root, 'schema')).sort(), newest = Number(files.at(-1).slice(0, 4));
  for (const [upTo, events] of [[newest - 1, sanitized ? 5000 : 100000], [5, 2000]])
    test(`of ${events} events, from schema ${upTo}: no acknowledged event is lost`, async (t) => {
      const home = new Home();
      try {
        oldDatabase(home, upTo, events);
        const told = story(random(seed + 7), 600);
        // First a copy of the old one, as who upgrades does; then it goes live under load.
        const backup = file(home, 'before.bak');
        const copy = JSON.parse(ok(home.hk(['backup', backup, '--json'])).out);
        assert.equal(copy.schema, upTo);
        t.diagnostic(`backup: ${(copy.bytes / 2 ** 20).toFixed(0)} MB in ${copy.took_ms} ms`);
        const web = await lighttpd(home, { processes: 2 });
        const at = [], began = performance.now();
        const telling = tell(home, web, told.events, 16, () => at.push(performance.now() - began));
        const init = home.hkAsync(['init', '--no-admin']);
        const worker = home.worker();
        await telling;
        ok(await init);
        await home.settled(60000);
        await home.stop(worker);
        let gap = at[0];
        for (let i = 1; i < at.length; i++) gap = Math.max(gap, at[i] - at[i - 1]);
        t.diagnostic(`first answer after ${at[0].toFixed(0)} ms, longest without one ${gap.toFixed(0)} ms, ${at.length} acknowledged in ${at.at(-1).toFixed(0)} ms`);
        assert.ok(gap < 10000 * slow);
        assert.equal(home.one('PRAGMA user_version'), newest);
        assert.equal(home.one("SELECT count(*) FROM event WHERE event_id LIKE 'evt_old%'"), events);
        const there = new Set(home.sql('SELECT event_id FROM event').map((r) => r.event_id));
        assert.deepEqual(told.events.filter((e) => !there.has(e.id)).map((e) => e.id), []);
        assert.equal(home.one("SELECT count(*) FROM event WHERE status <> 'completed'"), 0);
        assert.equal(home.one("SELECT count(*) FROM transfer WHERE kind = 'purchase'"), told.payments);
        ok(home.hk(['audit']));
        assert.equal(home.one('PRAGMA integrity_check'), 'ok');
        // The way back: the copy of before, brought to the new schema.
        await home.stop(web.child);
        const back = ok(await unused(home, ['restore', backup]));
        assert.match(back.out, new RegExp(`from number ${upTo} to ${newest}`));
        assert.equal(home.one('SELECT count(*) FROM event'), events);
      } finally {
        await home.close();
      }
    });
});

test('logs tell facts, and no secret or body', async () => {
  const home = new Home();
  try {
    ok(home.hk(['init', '--no-admin']));
    const web = await lighttpd(home), worker = home.worker(), told = story(random(seed + 8), 150);
    await tell(home, web, told.events);
    const marked = 'sehrgeheim-4711';
    const { body } = clerkUser();
    for (const [provider, text, secret] of [
      ['clerk', body.replace('Ada', marked), home.secret.clerk],
      ['clerk', body.replace('Ada', marked), home.secret.resend],	// the wrong one
      ['stripe', `{"no":"${marked}`, home.secret.stripe],
      ['resend', `{"type":"email.sent","data":{"subject":"${marked}"}}`, home.secret.resend],
      ['stripe', JSON.stringify({ id: `evt_${marked}`, object: 'event', type: 'checkout.session.completed', livemode: false, created: 1, data: { object: { id: 'cs_x', mode: 'payment', payment_status: 'paid', metadata: { user_id: marked } } } }), home.secret.stripe],
    ]) await send(web.url(`/webhooks/${provider}`), provider, secret, text);
    await home.settled();
    ok(home.hk(['backup', file(home, 'x.bak')]));
    ok(home.hk(['prune', '--bodies', '1s']));
    await home.stop(worker);
    await home.stop(web.child);
    const log = home.logText();
    assert.match(log, /hookkeeper worker\[\d+\]: info: working on/);
    for (const [name, secret] of Object.entries(home.secret)) {
      assert.ok(!log.includes(secret), `${name}'s secret`);
      assert.ok(!log.includes(secret.slice('whsec_'.length)), `${name}'s secret without its beginning`);
    }
    for (const text of [marked, '@example.com', 'v1=', '"data"', 'payment_status'])
      assert.ok(!log.includes(text), `"${text}" is in the log:\n${log.split('\n').filter((line) => line.includes(text))[0]}`);
    for (const line of log.split('\n').filter((l) => /^(stripe|clerk|resend|hookkeeper)/.test(l)))
      assert.match(line, /^[a-z ]+\[\d+\]: (error|warning|info): \S/);
  } finally {
    await home.close();
  }
});
