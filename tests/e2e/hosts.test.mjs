// What hosts do to programs: they end them when they look idle, allow few of them and
// little memory, and one day the disk is full.  Nothing that was acknowledged is lost,
// nothing is done twice, and it recovers by itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Home, randomId, sleep, slow, sanitized, until } from './lib/home.mjs';
import { apache, lighttpdFor, lighttpdSockets, socketListens } from './lib/servers.mjs';
import { request, send, stripeEvent } from './lib/senders.mjs';
import { assertTold, random, seed, story } from './lib/story.mjs';

const programs = ['stripe', 'clerk', 'resend'];

// Each event again and again until it is taken; what else was answered meanwhile.
async function told(home, at, events, { many = 6, limitMs = 240000 } = {}) {
  const seen = new Map(), end = Date.now() + limitMs * slow;
  let next = 0, slowest = 0;
  await Promise.all(Array.from({ length: many }, async () => {
    while (next < events.length) {
      const event = events[next++], since = Date.now();
      for (let status = 0; status !== 200;) {
        if (Date.now() > end) throw new Error(`never taken; answers: ${JSON.stringify([...seen])}`);
        try {
          ({ status } = await send(at(`/webhooks/${event.provider}`), event.provider, home.secret[event.provider], event.body,
            { id: event.id, timeout: 60000, keep: false }));
        } catch { status = 0; }
        if (status !== 200) { seen.set(status, (seen.get(status) ?? 0) + 1); await sleep(20 + Math.random() * 80); }
      }
      slowest = Math.max(slowest, Date.now() - since);
    }
  }));
  return { seen, slowest };
}

const running = (dir) => fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
  try { return fs.readlinkSync(`/proc/${pid}/exe`).startsWith(`${dir}/`) && /\.fcgi$/.test(fs.readlinkSync(`/proc/${pid}/exe`)); } catch { return false; }
}).map(Number);
const signal = (pid, what) => { try { process.kill(pid, what); } catch { /* it has ended */ } };

// Or somebody else is at it.
const workedOff = (home) => assert.ok([0, 69].includes(home.hk(['worker', '--once']).status), home.logText().slice(-2000));

test('processes that are ended at random, as hosts end idle ones, while events come', async (t) => {
  t.diagnostic(`HK_SEED=${seed}`);
  const home = new Home(), rnd = random(seed);
  let going = true;
  try {
    const web = await apache(home, { ways: ['htaccess-fcgid'], host: `FcgidIdleTimeout 1\nFcgidIdleScanInterval 1
FcgidProcessLifeTime 3\nFcgidZombieScanInterval 1\nFcgidErrorScanInterval 1\nFcgidSpawnScoreUpLimit 100` });
    const tale = story(rnd, 300), site = path.join(home.dir, 'site');
    let ended = 0;
    const killer = (async () => {
      while (going && ended < 40) {	// on a slow disk there would be no end of it
        await sleep(20 + rnd() * 200);
        const all = running(site), pid = all[Math.floor(rnd() * all.length)];
        if (pid === undefined) continue;
        ended++;
        signal(pid, 'SIGTERM');
        await sleep(rnd() * 30);
        signal(pid, 'SIGKILL');
      }
    })();
    const tell = () => told(home, (where) => web.url('htaccess-fcgid', where), tale.events, { many: 3 });
    const { seen, slowest } = await tell();
    for (let again = 0; ended <= 5 && again < 20; again++) await tell();	// a quick machine: once more, nothing comes of it
    going = false;
    await killer;
    t.diagnostic(`${tale.events.length} events, ${ended} processes ended, answers but 200: ${JSON.stringify([...seen])}, slowest ${slowest} ms`);
    assert.ok(ended > 5, `${ended} processes were ended`);
    for (const status of seen.keys()) assert.ok(status === 0 || status >= 500, `answered ${status}`);
    workedOff(home);
    await home.settled();
    assertTold(home, tale);
    assert.equal(home.hk(['audit']).status, 0);
  } finally {
    going = false;
    await home.close();
  }
});

test('five processes for everything', async (t) => {
  const home = new Home();
  try {
    const web = await apache(home, { ways: ['htaccess-fcgid'], host: `FcgidMaxProcesses 5\nFcgidMaxProcessesPerClass 2
FcgidMinProcessesPerClass 0\nFcgidIdleTimeout 2\nFcgidIdleScanInterval 1\nFcgidSpawnScoreUpLimit 100` });
    const at = (where) => web.url('htaccess-fcgid', where), tale = story(random(seed), 200), site = path.join(home.dir, 'site');
    let most = 0, going = true;
    const watch = (async () => { while (going) { most = Math.max(most, running(site).length); await sleep(50); } })();
    const { seen, slowest } = await told(home, at, tale.events, { many: 8 });
    for (const where of ['/admin/login', '/healthz', '/webhooks/stripe'])
      await until(`${where} answers`, async () => (await request(at(where), { method: 'GET', keep: false, timeout: 60000 })).status === 200, 60000);
    going = false;
    await watch;
    t.diagnostic(`${tale.events.length} events by at most ${most} processes, answers but 200: ${JSON.stringify([...seen])}, slowest ${slowest} ms`);
    // One may be about to end; with a sanitizer that takes its time.
    assert.ok(most <= (sanitized ? 12 : 6), `${most} processes`);
    for (const status of seen.keys()) assert.ok(status === 0 || status >= 500, `answered ${status}`);
    workedOff(home);
    await home.settled();
    assertTold(home, tale);
  } finally {
    await home.close();
  }
});

// On a socket, by a shell that sets a limit first; a program may be started anew.
async function limited(home, limit) {
  const run = home.folder('run/limited');
  const start = (name) => home.start('sh', ['-c',
    `${limit}\nexec spawn-fcgi -n -s "$1/${name}.sock" -M 0660 -b 1024 -- "$2/${name}.fcgi"`, 'sh', run, home.bin],
  { env: { HOOKKEEPER_CONF: home.conf } });
  const names = ['stripe', 'clerk', 'resend', 'custom', 'admin', 'api', 'stream'], children = {};
  for (const name of names) children[name] = start(name);
  await until('all sockets are there', () => names.every((name) => socketListens(path.join(run, `${name}.sock`))));
  return { run, children };
}

test('128 MB of memory for each process', { skip: sanitized ? 'a sanitizer needs more address space than that' : false }, async (t) => {
  const home = new Home();
  try {
    const { run, children } = await limited(home, 'ulimit -s 8192; ulimit -v 131072');
    const web = await lighttpdSockets(home, run), at = web.url;
    const tale = story(random(seed), 200);
    const { seen } = await told(home, at, tale.events, { many: 24 });
    const large = Array.from({ length: 32 }, () => stripeEvent('customer.created', { id: `cus_${randomId(14)}`, object: 'customer' }))
      .map(({ id, body }, i) => ({ provider: 'stripe', id, body: body.padEnd(i % 2 ? 200000 : 1048576, ' ') }));
    const { seen: too, slowest } = await told(home, at, large, { many: 16 });
    const { token } = home.token();
    const asked = await Promise.all(Array.from({ length: 200 }, () =>
      request(at('/api/v1/users?limit=50'), { method: 'GET', headers: { authorization: `Bearer ${token}` } })));
    assert.ok(asked.every((answer) => [200, 429].includes(answer.status)), [...new Set(asked.map((answer) => answer.status))].join(' '));
    for (const where of ['/admin/login', '/healthz', '/webhooks/custom/none'])
      assert.ok([200, 404].includes((await request(at(where), { method: 'GET', keep: false })).status), where);
    const peak = Object.fromEntries(Object.entries(children).map(([name, { pid }]) =>
      [name, Math.round(Number(/VmPeak:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024)]));
    const threads = fs.readdirSync(`/proc/${children.stripe.pid}/task`).length;
    assert.doesNotMatch(home.logText(), /threads instead of|no memory/);
    t.diagnostic(`answers but 200: ${JSON.stringify([...seen])} ${JSON.stringify([...too])}, slowest ${slowest} ms; address space at most (MB): ${JSON.stringify(peak)}; stripe.fcgi has ${threads} threads`);
    for (const child of Object.values(children)) assert.equal(child.exitCode, null, 'it ended');
    assert.ok(Math.max(...Object.values(peak)) < 110, `near the limit: ${JSON.stringify(peak)}`);
    assert.ok(threads >= 8, `only ${threads} threads fit`);
    for (const status of [...seen.keys(), ...too.keys()]) assert.ok(status === 503, `answered ${status}`);
    workedOff(home);
    await home.settled();
    assertTold(home, { ...tale, events: [...tale.events, ...large] });
  } finally {
    await home.close();
  }
});

// A disk of its own, which only root can give it.
const small = (dir) => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,uid=33,gid=33,mode=0700', 'hookkeeper-test', dir]).status === 0;

test('the disk is full in the middle of a load', async (t) => {
  const home = new Home(), data = path.dirname(home.db);
  if (process.getuid() !== 0 || !small(data)) {
    await home.close();
    t.skip('a small disk can be mounted by root alone');
    return;
  }
  try {
    const { run, children } = await limited(home, 'true');
    const web = await lighttpdFor(home, Object.fromEntries(programs.map((name) => [`/webhooks/${name}`, path.join(run, `${name}.sock`)])));
    const tale = story(random(seed), 250), ballast = path.join(data, 'ballast');
    const half = Math.floor(tale.events.length / 2);
    await told(home, web.url, tale.events.slice(0, half));
    const statfs = () => { const { bavail, bsize } = fs.statfsSync(data); return bavail * bsize; };
    const fd = fs.openSync(ballast, 'w');
    const fill = () => { try { for (;;) fs.writeSync(fd, Buffer.alloc(statfs() > 65536 ? 65536 : 4096, 120)); } catch (error) { assert.equal(error.code, 'ENOSPC'); } };
    fill();
    // Meanwhile all are told to come again, and none is acknowledged that is not there.
    const late = told(home, web.url, tale.events.slice(half));
    const refused = new Set(), taken = [];
    let n = 0;
    for (; n < 40 || (refused.size === 0 && n < 400); n++) {
      fill();
      const { id, body } = stripeEvent('customer.created', { id: `cus_${randomId(14)}`, object: 'customer' });
      const answer = await send(web.url('/webhooks/stripe'), 'stripe', home.secret.stripe, body, { id, keep: false });
      if (answer.status === 200) {
        assert.equal(home.one(`SELECT count(*) FROM event WHERE event_id = '${id}'`), 1, 'acknowledged, and not there');
        taken.push({ id });
      } else {
        assert.equal(answer.status, 503, answer.text);
        assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
        refused.add(id);
      }
    }
    assert.ok(refused.size > 0, 'the disk was never full');
    assert.match(home.logText(), /full/i);
    fs.closeSync(fd);
    fs.rmSync(ballast);
    const { seen } = await late;
    t.diagnostic(`${refused.size} of ${n} refused while full; others meanwhile: ${JSON.stringify([...seen])}`);
    for (const status of seen.keys()) assert.equal(status, 503);
    for (const [name, child] of Object.entries(children)) assert.equal(child.exitCode, null, `${name} ended`);
    workedOff(home);
    await home.settled();
    assertTold(home, { ...tale, events: [...tale.events, ...taken] });
  } finally {
    await Promise.all([...home.running].map((child) => home.stop(child)));
    spawnSync('umount', [data]);
    await home.close();
  }
});
