// Stopping under load: soon, nothing acknowledged is lost, nothing stays behind.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { Home, randomId, slow, sleep, until } from './lib/home.mjs';
import { lighttpd, lighttpdFor, spawnFcgi } from './lib/servers.mjs';
import { send, stripeEvent } from './lib/senders.mjs';

// Senders that never rest; what was acknowledged is in .taken.
function load(home, url, senders = 16) {
  const state = { taken: new Set(), going: true, failed: 0 };
  state.done = Promise.all(Array.from({ length: senders }, async () => {
    while (state.going) {
      const { id, body } = stripeEvent('customer.created', { id: `cus_${randomId(14)}`, object: 'customer' });
      try {
        const answer = await send(url, 'stripe', home.secret.stripe, body, { timeout: 10000 });
        if (answer.status === 200) state.taken.add(id);
        else { state.failed++; await sleep(5); }
      } catch { state.failed++; await sleep(5); }
    }
  }));
  return state;
}

// Processes that run a file, whoever started them.
const processesOf = (file) => fs.readdirSync('/proc').filter((pid) => {
  if (!/^\d+$/.test(pid)) return false;
  try {
    return fs.readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '') === file
      && !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch { return false; }
}).map(Number);

async function withHome(run) {
  const home = new Home();
  try {
    await run(home);
  } finally {
    await home.close();
  }
}
const stored = (home) => new Set(home.sql('SELECT event_id FROM event').map((row) => row.event_id));
const lost = (home, taken) => {
  const there = stored(home);
  return [...taken].filter((id) => !there.has(id));
};

for (const signal of ['SIGTERM', 'SIGUSR1', 'SIGINT'])
  test(`a receiver under load ends on ${signal} within a second, with all it acknowledged`, (t) => withHome(async (home) => {
    const receiver = await spawnFcgi(home, 'stripe');
    const web = await lighttpdFor(home, { '/': receiver.socket });
    const senders = load(home, web.url('/'));
    await until('events flow', () => senders.taken.size > 100);
    const began = Date.now();
    receiver.child.kill(signal);
    const { code } = await receiver.child.gone;
    const took = Date.now() - began;
    await sleep(100);
    senders.going = false;
    await senders.done;
    t.diagnostic(`${senders.taken.size} acknowledged, ended in ${took} ms`);
    assert.equal(code, 0);
    assert.ok(took < 5000 * slow, `${took} ms`);
    assert.deepEqual(lost(home, senders.taken), []);
  }));

test('an idle receiver ends as soon', () => withHome(async (home) => {
  const receiver = await spawnFcgi(home, 'stripe');
  await sleep(200);
  const began = Date.now();
  receiver.child.kill('SIGTERM');
  assert.equal((await receiver.child.gone).code, 0);
  assert.ok(Date.now() - began < 5000 * slow);
}));

test('lighttpd stopped under load takes its receivers along, and they keep their word', (t) => withHome(async (home) => {
  const web = await lighttpd(home, { processes: 2 });
  const program = `${home.bin}/stripe.fcgi`;
  await until('two receivers', () => processesOf(program).length === 2);
  const senders = load(home, web.url('/webhooks/stripe'));
  await until('events flow', () => senders.taken.size > 100);
  web.child.kill('SIGTERM');
  await web.child.gone;
  senders.going = false;
  await senders.done;
  await until('no receiver is left', () => ['stripe', 'clerk', 'resend'].every((name) =>
    processesOf(`${home.bin}/${name}.fcgi`).length === 0), 2000);
  t.diagnostic(`${senders.taken.size} acknowledged`);
  assert.deepEqual(lost(home, senders.taken), []);
}));
