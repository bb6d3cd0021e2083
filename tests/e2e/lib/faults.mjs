// Programs that die or fail at a named step (make FAULT=1, src/base/fault.h), in
// the three ways they run.  One run: a story is told to broken programs, which
// are started again whenever they end; then healthy ones finish the work, and
// everything acknowledged must be there once.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { root, sleep, slow, until } from './home.mjs';
import { Outgoing } from './outgoing.mjs';
import { lighttpdFor } from './servers.mjs';
import { send, signed } from './senders.mjs';
import { Sink, verified } from './sink.mjs';
import { assertTold, random, story } from './story.mjs';

export const faultBuild = path.resolve(root, process.env.HK_FAULT_BUILD ?? 'build/fault');
const names = ['clerk', 'stripe', 'resend'];
const STOP_MS = 15000;	// longest from SIGTERM to the end

// Started again whenever it ends, as systemd would.
function keep(home, what, start) {
  let going = true, child;
  const ends = [];
  const running = (async () => {
    while (going) {
      child = start();
      ends.push(await child.gone);
      if (going) await sleep(10);
    }
  })();
  return {
    forget() { going = false; },
    async stop() {
      going = false;
      const hard = setTimeout(() => { child.hung = true; child.kill('SIGKILL'); }, STOP_MS * slow);
      child.kill('SIGTERM');
      await running;
      clearTimeout(hard);
      assert.ok(!child.hung, `${what} does not end when told to`);
      for (const { signal } of ends)
        assert.ok([null, 'SIGKILL', 'SIGTERM'].includes(signal), `${what} ended by ${signal}\n${tail(home)}`);
    },
  };
}

const tail = (home) => home.logText().split('\n').slice(-25).join('\n');

function receiver(home, name, env) {
  const args = ['-n', '-s', path.join(home.dir, 'run', `${name}.sock`), '-M', '0660', '-b', '1024'];
  return keep(home, `${name}.fcgi`, () =>
    home.start('spawn-fcgi', [...args, '--', path.join(home.bin, `${name}.fcgi`)], { env }));
}

const worker = (home, env) => keep(home, 'the worker', () =>
  home.start(path.join(home.bin, 'hookkeeper'), ['worker'], { env: { HOOKKEEPER_CONF: home.conf, ...env } }));

// A stranger does not know it.
const secretOf = (home, event) => event.forged ? `whsec_${'A'.repeat(32)}` : home.secret[event.provider];

// One request by plain CGI, as a web server starts it; 0: it gave no answer.
async function cgi(home, event, env) {
  const headers = Object.entries(signed(event.provider, secretOf(home, event), event.body, { id: event.id }));
  const log = fs.openSync(home.log, 'a');
  const child = home.start(path.join(home.bin, `${event.provider}.fcgi`), [], {
    stdio: ['pipe', 'pipe', log],
    env: {
      GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1', REQUEST_METHOD: 'POST', REMOTE_ADDR: '127.0.0.1',
      REQUEST_URI: `/webhooks/${event.provider}`, CONTENT_LENGTH: String(Buffer.byteLength(event.body)), ...env,
      ...Object.fromEntries(headers.map(([name, value]) =>
        [name === 'content-type' ? 'CONTENT_TYPE' : `HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value])),
    },
  });
  fs.closeSync(log);
  let out = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stdin.on('error', () => {});	// it died before it read
  child.stdin.end(event.body);
  const closed = new Promise((done) => child.stdout.once('close', done));
  const { signal } = await child.gone;
  await closed;
  assert.ok([null, 'SIGKILL'].includes(signal), `${event.provider}.fcgi ended by ${signal}\n${tail(home)}`);
  return Number(/^Status: (\d+)/.exec(out)?.[1] ?? 0);
}

async function post(home, web, event) {
  try {
    const { status } = await send(web.url(`/webhooks/${event.provider}`), event.provider,
      secretOf(home, event), event.body, { id: event.id, timeout: 10000 * slow });
    return status;
  } catch {
    return 0;
  }
}

// The three ways.  Each: what runs with env, and how an event gets there.
const fastcgi = (home, web, kept) => ({ kept, send: (event) => post(home, web, event) });
export const ways = {
  receiver: (home, web, env) => fastcgi(home, web, names.map((name) => receiver(home, name, env))),
  // First, so that it is the worker that makes the database.
  worker: async (home, web, env) => {
    const first = worker(home, env);
    await sleep(200 * slow);
    return fastcgi(home, web, [first, ...names.map((name) => receiver(home, name, {}))]);
  },
  cgi: (home, web, env) => ({ kept: [], send: (event) => cgi(home, event, env) }),
};

// What a stranger sends: it is refused, whatever breaks, and never taken.
const forged = (event) => ({ ...event, id: `${event.id}x`, forged: true });

// Each event is sent up to so many times, all within the time; gives those that
// nobody took.
async function tell(place, events, tries, limitMs = 30000) {
  const left = [], end = Date.now() + limitMs * slow;
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < events.length) {
      const event = events[next++];
      let status = 0;
      const right = event.forged ? [400, 401] : [200];
      for (let n = 0; n < tries && !right.includes(status) && Date.now() < end; n++) {
        if (n > 0) await sleep(Math.min(20 + n, 200));
        status = await place.send(event);
        // Whatever breaks is never the sender's fault.
        assert.ok(right.includes(status) || status === 0 || status >= 500, `answered ${status}`);
      }
      if (!right.includes(status)) left.push(event);
    }
  }));
  return left;
}

const open = (home) => home.one("SELECT count(*) FROM event WHERE status <> 'completed'");

// Broken programs may never get it done: for a while only.
async function calm(home, ms) {
  for (const end = Date.now() + ms * slow; Date.now() < end; await sleep(50))
    try {
      if (open(home) === 0) return;
    } catch { /* there is no database yet */ }
}

// The steps that a run reached: Map of "die|fail STEP" -> { times, fired }.
function stepsOf(log) {
  const steps = new Map();
  if (!fs.existsSync(log)) return steps;
  for (const line of fs.readFileSync(log, 'utf8').split('\n').filter(Boolean)) {
    const [, kind, name, what, times] = line.split(' ');
    const step = steps.get(name) ?? { name, kind, times: 0, fired: 0 };
    if (what === 'times') step.times += Number(times);
    if (what === 'fired') step.fired++;
    steps.set(name, step);
  }
  return steps;
}

// Somebody hears of every user, of whom those that come from now on are told.
async function listener(home, sink) {
  let endpoint;
  await until('there is a database to put an endpoint into', () => {
    try {
      endpoint = home.endpoint(sink.url('/200'), { types: 'user.created' });
    } catch { /* not yet, or it is busy */ }
    return endpoint;
  });
  return endpoint;
}

// By healthy programs all of it arrives, signed; what was in flight at a death again.
async function assertSent(home, sink, endpoint) {
  await until('everything is sent by healthy programs', () => {
    home.hurry();
    return home.one(`SELECT (SELECT count(*) FROM delivery WHERE status <> 'delivered')
      + (SELECT max(id) FROM message) - message FROM fanout`) === 0;
  }, 20000);
  for (const came of sink.came) verified(came, endpoint.secret);
  const ids = new Set(sink.came.map(({ headers }) => headers['webhook-id']));
  assert.equal(home.count(endpoint, 'delivered'), ids.size, 'each delivery arrived');
  const owed = home.one(`SELECT count(*) FROM message WHERE type = 'user.created'
    AND id > (SELECT heard_to FROM endpoint WHERE id = ${endpoint.id})`);
  assert.equal(ids.size, owed, 'each message is a delivery');
}

// way: of ways; fault: HK_FAULT.  Resolves to the steps reached meanwhile.
export async function faulted({ way, fault = '', count = 120, seed = 1, brokenMs = 1500 }) {
  // Where the worker is to be broken, receivers leave the work to it.
  const settings = { hookkeeper: { work_after_reply: way === 'worker' ? 'off' : 'on' } };
  const home = new Outgoing({ from: faultBuild, settings, fresh: true }), sends = way === 'worker';
  const log = path.join(home.dir, 'data', 'fault.log');
  const env = {
    HK_FAULT: fault, HK_FAULT_LOG: log, HK_FAULT_SEED: String(seed),
    HK_FAULT_ONCE: path.join(home.dir, 'data', 'fault.once'),
  };
  const started = [];
  const start = async (using) => {
    const place = await ways[way](home, web, using);
    started.push(...place.kept);
    return place;
  };
  let web, sink, endpoint;
  try {
    const told = story(random(seed), count);
    if (way !== 'cgi')
      web = await lighttpdFor(home, Object.fromEntries(names.map((name) =>
        [`/webhooks/${name}`, path.join(home.dir, 'run', `${name}.sock`)])));
    if (sends) sink = await Sink.open();
    const broken = await start(env);
    if (sends) endpoint = await listener(home, sink);
    const left = await tell(broken, told.events.flatMap((event, i) => i % 20 === 0 ? [forged(event), event] : [event]), 3);
    if (way !== 'cgi') await calm(home, brokenMs);
    for (const kept of broken.kept) await kept.stop();

    const healthy = await start({});
    if (way !== 'worker') {
      started.push(worker(home, {}));
      healthy.kept.push(started.at(-1));
    }
    assert.deepEqual((await tell(healthy, left, Infinity)).map((event) => event.id), [], 'not acknowledged by healthy programs');
    await until('everything worked off by healthy programs', () => open(home) === 0, 20000);
    if (sends) await assertSent(home, sink, endpoint);
    for (const kept of healthy.kept) await kept.stop();
    assertTold(home, told);
    return stepsOf(log);
  } catch (error) {
    error.message += `\n${tail(home)}`;
    throw error;
  } finally {
    for (const kept of started) kept.forget();
    await home.close();
    await sink?.close();
  }
}

// Trouble that leads to steps which nothing else reaches: work taken back after a
// death, and a transaction that is given up.
export const trouble = 'claimed.committed:%6,log.full:%300';

// Every step that a way passes, by two dry runs: a calm one, a troubled one.
// told: the HK_FAULT that breaks it the first time and then about five times more.
export async function learn(way) {
  const calmly = await faulted({ way });
  const troubled = await faulted({ way, fault: trouble, seed: 2 });
  return [...new Map([...troubled, ...calmly]).values()].map(({ name, kind, times }) => ({
    name, kind,
    fault: [`${name}:1`, `${name}:%${Math.max(3, Math.ceil(times / 5))}`,
      ...(calmly.has(name) ? [] : [trouble])].join(','),
  }));
}
