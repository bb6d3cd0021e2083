// `make run`, as a newcomer meets it (tools/run.sh is what it calls once all is
// built), in a folder whose name has a blank.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { build, root, slow, until } from './lib/home.mjs';
import { freePort, listening } from './lib/servers.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hk run '));
const home = path.join(dir, 'data of mine');
let port;
const started = new Set();

before(async () => {
  for (const name of ['tools', 'cgi-bin']) fs.symlinkSync(path.join(root, name), path.join(dir, name));
  port = await freePort();
});
after(async () => {
  for (const child of started) child.kill('SIGTERM');
  await Promise.all([...started].map((child) => child.gone));
  fs.rmSync(dir, { recursive: true, force: true });
});

function start(env = {}) {
  const child = spawn(path.join(dir, 'tools/run.sh'), {
    env: { PATH: process.env.PATH, PORT: String(port), HK_HOME: home, HK_BUILD: build, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.out = '';
  child.stdout.on('data', (d) => { child.out += d; });
  child.stderr.on('data', (d) => { child.out += d; });
  started.add(child);
  child.gone = new Promise((done) => child.once('close', (code) => { started.delete(child); done(code); }));
  return child;
}
async function up(child) {
  let ended;
  child.gone.then((code) => { ended = code; });
  await until('it says how to stop', () => {
    assert.equal(ended, undefined, child.out);
    return /Ctrl-C/.test(child.out);
  }, 30000);
}
const events = () => JSON.parse(spawnSync(path.join(build, 'bin/hookkeeper'), ['events', 'list', '--json'],
  { env: { PATH: process.env.PATH, HOOKKEEPER_CONF: path.join(home, 'hookkeeper.conf') }, encoding: 'utf8' }).stdout).events;
// All that lives below a process.
function family(pid) {
  const parent = new Map();
  for (const entry of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      parent.set(Number(entry), Number(fs.readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ')[1].split(' ')[1]));
    } catch { /* ended */ }
  const found = [pid];
  for (let i = 0; i < found.length; i++)
    for (const [child, above] of parent) if (above === found[i]) found.push(child);
  return found.slice(1);
}
const runFolders = () => fs.readdirSync('/tmp').filter((name) => name.startsWith('hookkeeper.'));

let before1;
test('it starts everything, sends samples, and shows what became of them', async () => {
  before1 = runFolders();
  const child = start();
  await up(child);
  for (const type of ['user.created', 'checkout.session.completed', 'email.delivered', 'email.bounced'])
    assert.ok(child.out.includes(type), `${type}\n${child.out}`);
  assert.ok(child.out.includes(`http://127.0.0.1:${port}/webhooks/stripe`), child.out);
  assert.deepEqual(events().map((e) => `${e.event_type} ${e.status} ${e.outcome}`).sort(), [
    'checkout.session.completed completed handled', 'email.bounced completed handled',
    'email.delivered completed handled', 'user.created completed handled',
  ], child.out);
  assert.equal(fs.statSync(home).mode & 0o777, 0o700);
  assert.equal(fs.statSync(path.join(home, 'hookkeeper.conf')).mode & 0o777, 0o600);
  for (const secret of fs.readFileSync(path.join(home, 'hookkeeper.conf'), 'utf8').match(/whsec_\S+/g))
    assert.ok(!child.out.includes(secret), 'no secret on the screen');

  assert.match(child.out, new RegExp(`Pages +http://127.0.0.1:${port}/admin/ \\(admin / [a-z2-9-]{19}\\)`));

  const second = start();
  assert.equal(await second.gone, 1);
  assert.match(second.out, new RegExp(`port ${port} is in use`));

  const below = family(child.pid);
  assert.ok(below.length >= 5, 'lighttpd, worker, three receivers');
  child.kill('SIGTERM');
  assert.equal(await child.gone, 0);
  // Where the first process reaps nobody, what has ended is there for ever.
  const gone = (pid) => { try { return /^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8')); } catch { return true; } };
  await until('nothing is left behind', () => below.every(gone), 3000 * slow);
  assert.equal(await listening(port), false);
  assert.deepEqual(runFolders(), before1);
});

test('another time it keeps what is there', async () => {
  const child = start();
  await up(child);
  assert.equal(events().length, 8, child.out);
  assert.match(child.out, /\/admin\/ \(log in as before, or: hookkeeper admin passwd admin\)/);
  child.kill('SIGINT');
  assert.equal(await child.gone, 0);
  assert.deepEqual(runFolders(), before1);
});

test('a port that is none is said so', async () => {
  for (const none of ['http', '0', '70000']) {
    const child = start({ PORT: none });
    assert.equal(await child.gone, 1);
    assert.match(child.out, /is not a port/);
  }
});
