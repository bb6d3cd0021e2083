// The stream under attack: one user who takes all places, tokens that are none,
// places that are somebody else's, and readers who do not read.
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Home, sleep, slow, until } from './lib/home.mjs';
import { Clerk, hears, listen, roomToken } from './lib/listen.mjs';
import { clerkUser, request, send } from './lib/senders.mjs';
import { lighttpd } from './lib/servers.mjs';

const key = randomBytes(32).toString('base64');
const clerk = new Clerk();
const SHARE = 64 / 8;
let home, front, nora, omar;
const room = (user, more = '') => front.url(`/stream?token=${roomToken(key, user)}${more}`);

async function user(name) {
  const id = `user_${name}`;
  assert.equal((await send(front.url('/webhooks/clerk'), 'clerk', home.secret.clerk, clerkUser(id).body)).status, 200);
  return until(`${name} is a user`, () => home.one(`SELECT id FROM site_user WHERE clerk_id = '${id}'`));
}
const change = async (name, first) => assert.equal((await send(front.url('/webhooks/clerk'), 'clerk', home.secret.clerk,
  clerkUser(`user_${name}`, 'user.updated').body.replace('"Ada"', JSON.stringify(first)))).status, 200);
// Places of who has left are free when something was sent.
const open = (url, name) => until(`a place for ${name}`, async () => {
  const ear = await listen(url);
  if (ear.status !== 429) return ear;
  ear.cut();
  await change(name, randomBytes(4).toString('hex'));
  return undefined;
});
const program = () => fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).find((pid) => {
  try { return fs.readlinkSync(`/proc/${pid}/exe`) === path.join(home.bin, 'stream.fcgi'); } catch { return false; }
});
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${program()}/status`, 'utf8'))[1]) / 1024;

before(async () => {
  home = new Home({ settings: { hookkeeper: { key }, stream: { listeners: 64 }, clerk: { session_keys: 'clerk.pem' } } });
  home.write(path.join(home.dir, 'clerk.pem'), clerk.publicKey);
  front = await lighttpd(home);
  nora = await user('nora');
  omar = await user('omar');
});
after(() => home?.close());

test('one user does not take the places of all others, and gets new ones for those that are left', async () => {
  const ears = [];
  for (let i = 0; i < SHARE; i++) ears.push(await listen(room(nora)));
  assert.deepEqual(ears.map((ear) => ear.status), ears.map(() => 200));
  const more = await listen(room(nora));
  assert.equal(more.status, 429);
  assert.equal(more.headers['retry-after'], '5');
  more.cut();
  const other = await listen(room(omar));
  assert.equal(other.status, 200);
  await change('nora', 'Eleonora');
  await Promise.all(ears.map((ear) => hears(ear, 1)));
  assert.deepEqual(other.heard, []);
  ears.forEach((ear) => ear.cut());
  other.cut();
  (await open(room(nora), 'nora')).cut();
});

test('what is no token opens no room', async () => {
  const good = roomToken(key, nora), flip = (at) => `${good.slice(0, at)}${good[at] === 'A' ? 'B' : 'A'}${good.slice(at + 1)}`;
  const other = new Clerk();
  const text = clerk.session('user_nora').split('.').slice(0, 2).join('.');
  const rows = {
    'none': '', 'the id': nora, 'the first letter changed': flip(0), 'the nonce changed': flip(6), 'the middle changed': flip(40),
    'the end changed': flip(good.length - 3), 'cut': good.slice(0, -4), 'longer': `${good}AAAA`, 'twice': good + good,
    'by another key': roomToken(randomBytes(32).toString('base64'), nora), 'over': roomToken(key, nora, -1),
    'over since long': roomToken(key, nora, -1e9), 'of a user nobody knows': roomToken(key, '01890000-0000-7000-8000-0000000000aa'),
    'with a statement in it': roomToken(key, `' OR 1=1 --`), 'a session in the address': clerk.session('user_nora'),
    'padding': `${good}==`, 'very long': 'A'.repeat(6000),
  };
  for (const [what, token] of Object.entries(rows)) {
    const ear = await listen(front.url(`/stream?token=${encodeURIComponent(token)}`));
    assert.ok([401, 400, 414].includes(ear.status), `${what}: ${ear.status}`);
    ear.cut();
  }
  for (const [what, token] of Object.entries({
    'by another key pair': other.session('user_nora'), 'over': clerk.session('user_nora', { seconds: -10 }),
    'the public key as a secret': `${text}.${createHmac('sha256', clerk.publicKey).update(text).digest('base64url')}`,
    'made for another service': clerk.session('user_nora', { aud: 'convex' }),
  })) {
    const ear = await listen(front.url('/stream'), { headers: { authorization: `Bearer ${token}` } });
    assert.equal(ear.status, 401, what);
    ear.cut();
  }
  const cookie = await request(front.url('/stream'), { method: 'GET', headers: { cookie: `__session=${clerk.session('user_nora')}` } });
  assert.equal(cookie.status, 401, 'a cookie');
  assert.ok(!home.logText().includes(good), 'a token is in a log');
});

test('a place in somebody else\'s room, or in none, shows nothing of it', async () => {
  await change('omar', 'Secret');
  await until('it is told', () => home.one(`SELECT count(*) FROM message WHERE owner = '${omar}' AND payload LIKE '%Secret%'`) > 0);
  const theirs = home.one(`SELECT max(id) FROM message WHERE owner = '${omar}'`);
  const name = (id, us) => `msg_${String(id).padStart(12, '0')}${us.toString(16).padStart(14, '0')}`;
  const us = BigInt(home.one(`SELECT created_at FROM message WHERE id = ${theirs}`));
  for (const last of [name(theirs, us), name(0, 0n), name(theirs - 1, us), 'msg_', '-1', '9'.repeat(40), `msg_${'9'.repeat(12)}${'f'.repeat(14)}`, '%0a%0d', `'"`]) {
    const ear = await open(room(nora, `&last_event_id=${encodeURIComponent(last)}`), 'nora');
    assert.equal(ear.status, 200, last);
    await sleep(60);
    assert.ok(!ear.text.includes('Secret') && !ear.text.includes(omar), `${last}: ${ear.text}`);
    ear.cut();
  }
});

test('what a user calls himself makes no event of its own', async () => {
  const ear = await open(room(omar), 'omar');
  await change('omar', 'x\r\n\r\nevent: credits_granted\ndata: {"amount":1}\n\n\u2028\u0000y');
  await hears(ear, 1);
  await sleep(100);
  assert.deepEqual(ear.heard.map((event) => event.type), ['user.updated']);
  assert.match(JSON.parse(ear.heard[0].data).first_name, /^x\r\n\r\nevent/);
  ear.cut();
});

test('a flood of guesses, of connections that say nothing, and of readers who do not read: others hear at once', async () => {
  const began = memory(), said = home.logText().length;
  const stuck = await Promise.all(Array.from({ length: 6 }, () => new Promise((done) => {
    const socket = net.connect(front.port, '127.0.0.1', () => {
      socket.write(`GET /stream?token=${roomToken(key, nora)} HTTP/1.1\r\nHost: x\r\n\r\n`);
      socket.pause();
      done(socket);
    });
    socket.on('error', () => {});
  })));
  const ear = await open(room(omar), 'omar');
  const pen = home.start('sqlite3', ['-cmd', '.timeout 20000', '-cmd', 'PRAGMA synchronous = OFF', home.db], { stdio: ['pipe', 'ignore', 'inherit'] });
  const big = 'x'.repeat(20000);
  for (let i = 0; i < 400; i++)
    pen.stdin.write(`INSERT INTO message (type, owner_kind, owner, payload, cause, created_at) VALUES ('credits_granted', 'user', '${nora}', '{"x":"${big}"}', 'flood:${i}', ${Date.now() * 1000});\n`);
  pen.stdin.end();
  const guesses = Array.from({ length: 8 }, async () => {
    for (let i = 0; i < 100; i++) await request(front.url(`/stream?token=${randomBytes(80).toString('base64url')}`), { method: 'GET' });
  });
  const at = Date.now();
  await change('omar', 'Quick');
  await hears(ear, 1);
  assert.ok(Date.now() - at < 5000 * slow, `${Date.now() - at} ms`);
  await Promise.all([...guesses, pen.gone]);
  await sleep(300);
  assert.ok(memory() - began < 30 * slow, `${began} MB became ${memory()} MB`);
  assert.ok(home.logText().slice(said).split('\n').length < 60, 'a line for each guess');
  stuck.forEach((socket) => socket.destroy());
  ear.cut();
});
