// Live events through real web servers: a user's browser hears its own room, all
// of it and once, whatever happens to the connection.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Home, sleep, slow, until } from './lib/home.mjs';
import { faultBuild } from './lib/faults.mjs';
import { Clerk, hears, listen, roomToken } from './lib/listen.mjs';
import { clerkUser, request, send } from './lib/senders.mjs';
import { apache, lighttpd, lighttpdFor, spawnFcgi } from './lib/servers.mjs';

const key = randomBytes(32).toString('base64');
const origin = 'https://app.example.com';
const clerk = new Clerk();
let home, front, program, httpd, nora, omar;
const at = (more = '') => front.url(`/stream${more}`);
const room = (user, more = '') => at(`?token=${roomToken(key, user)}${more}`);

// Somebody who writes messages, each in a transaction of its own, as the programs do.
class Writer {
  constructor(name) {
    this.name = name; this.n = 0;
    this.child = home.start('sqlite3', ['-cmd', '.timeout 20000', '-cmd', 'PRAGMA synchronous = OFF', home.db], { stdio: ['pipe', 'ignore', 'inherit'] });
  }

  say(owner, payload, type = 'credits_granted') {
    this.child.stdin.write(`INSERT INTO message (type, owner_kind, owner, payload, cause, created_at)
      VALUES ('${type}', 'user', '${owner}', '${JSON.stringify(payload)}', 'test:${this.name}:${this.n++}', ${Date.now() * 1000});\n`);
  }

  async done() {
    this.child.stdin.end();
    const { code } = await this.child.gone;
    assert.equal(code, 0);
  }
}

async function say(owner, payload, type) {
  const writer = new Writer(randomBytes(6).toString('hex'));
  writer.say(owner, payload, type);
  await writer.done();
}

async function user(name) {
  const id = `user_${name}`;
  assert.equal((await send(front.url('/webhooks/clerk'), 'clerk', home.secret.clerk, clerkUser(id).body)).status, 200);
  return until(`${name} is a user`, () => home.one(`SELECT id FROM site_user WHERE clerk_id = '${id}'`));
}

before(async () => {
  home = new Home({ settings: {
    hookkeeper: { key }, api: { origins: origin }, clerk: { session_keys: 'ins_test=clerk.pem' },
  } });
  home.write(path.join(home.dir, 'clerk.pem'), clerk.publicKey);
  front = await lighttpd(home);
  nora = await user('nora');
  omar = await user('omar');
});
after(() => home?.close());

// As EventSource: on and on, with the last id, until it has heard n.
async function follow(url, n, { last, cuts = () => undefined, pause = () => 0, dies = false, limitMs = 60000 } = {}) {
  const heard = [], end = Date.now() + limitMs * slow;
  let connections = 0;
  while (heard.length < n) {
    if (Date.now() > end) throw new Error(`only ${heard.length} of ${n} were heard, in ${connections} connections`);
    let ear;
    try {
      ear = await listen(url, { last, cutAt: cuts(), onEvent: (event) => { heard.push(event); last = event.id; } });
    } catch { await sleep(20); continue; }
    connections++;
    // lighttpd says so for a second, until it has started the program again.
    if (dies && ear.status >= 500) { ear.cut(); await sleep(50); continue; }
    assert.equal(ear.status, 200, `connection ${connections}`);
    const enough = until('enough', () => heard.length >= n, limitMs).catch(() => undefined);
    await Promise.race([ear.over, enough]);
    last = ear.parser.last || last;
    ear.cut();
    await sleep(pause());
  }
  return { heard, connections };
}

test('a browser hears what happens to its user, and not what happens to another', async () => {
  const ear = await listen(room(nora)), other = await listen(room(omar));
  assert.equal(ear.status, 200);
  assert.equal(ear.headers['content-type'], 'text/event-stream');
  assert.equal(ear.headers['cache-control'], 'no-store');
  assert.equal(ear.headers['x-accel-buffering'], 'no');
  const body = clerkUser('user_nora', 'user.updated').body.replace('"Ada"', '"Eleonora"');
  assert.equal((await send(front.url('/webhooks/clerk'), 'clerk', home.secret.clerk, body)).status, 200);
  const [event] = await hears(ear, 1);
  assert.equal(event.type, 'user.updated');
  assert.equal(JSON.parse(event.data).first_name, 'Eleonora');
  assert.match(event.id, /^msg_\d{12}[0-9a-f]{14}$/);
  await sleep(100);
  assert.deepEqual(other.heard, []);
  assert.equal(ear.parser.retry, 2000);
  ear.cut(); other.cut();
});

// Through each server: while several write, the connection breaks at any byte.
async function broken(url, token, { writers = 3, each = 120, cuts, pause, everyMs = 8 }) {
  const first = await listen(token(nora));
  const last = await until('its place', () => first.parser.last);
  first.cut();
  const pens = Array.from({ length: writers }, () => new Writer(randomBytes(6).toString('hex')));
  const writing = (async () => {
    for (let i = 0; i < each; i++) {
      pens.forEach((pen, w) => { pen.say(nora, { w, i }); pen.say(omar, { secret: i }); });
      await sleep(everyMs);
    }
    await Promise.all(pens.map((pen) => pen.done()));
  })();
  const { heard, connections } = await follow(token(nora), writers * each, { last, cuts, pause });
  await writing;
  const seen = heard.map((event) => { const { w, i } = JSON.parse(event.data); return `${w}:${i}`; });
  assert.equal(new Set(seen).size, writers * each, 'a repeat');
  for (let w = 0; w < writers; w++)
    assert.deepEqual(seen.filter((s) => s.startsWith(`${w}:`)), Array.from({ length: each }, (_, i) => `${w}:${i}`));
  assert.ok(!heard.some((event) => event.data.includes('secret')), 'another room');
  assert.deepEqual([...heard].sort((a, b) => (a.id < b.id ? -1 : 1)), heard, 'in the order of their names');
  return connections;
}
const anyByte = () => 200 + Math.floor(Math.random() * 4000);

test('a connection that breaks at any byte, again and again: no miss, no repeat (lighttpd)', async () => {
  const connections = await broken(front.url('/stream'), room, { cuts: anyByte });
  assert.ok(connections > 8, `${connections} connections`);
});

test('the same through Apache, by mod_proxy_fcgi', async () => {
  program = await spawnFcgi(home, 'stream', { env: { HOOKKEEPER_CONF: home.conf } });
  httpd = await apache(home, { ways: ['proxy', 'fcgid', 'cgi'], sockets: { stream: program.socket } });
  const token = (user) => httpd.url('proxy', `/stream?token=${roomToken(key, user)}`);
  const connections = await broken(httpd.url('proxy', '/stream'), token, { cuts: anyByte });
  assert.ok(connections > 8, `${connections} connections`);
});

for (const way of ['fcgid', 'cgi'])
  test(`one request at a time (${way}): it says what is new, closes, and all is heard`, async () => {
    const token = (user) => httpd.url(way, `/stream?token=${roomToken(key, user)}`);
    const ear = await listen(token(nora));
    await ear.over;
    assert.equal(ear.status, 200);
    assert.ok(ear.whole);
    assert.match(ear.text, /^retry: 2000\nid: msg_\w+\n\n$/);
    const connections = await broken(httpd.url(way, '/stream'), token, { each: 40, pause: () => 50 });
    assert.ok(connections > 1, `${connections} connections`);
  });

test('who reads slowly hears all, who reads nothing is sent away; the others hear it at once', async () => {
  const lazy = await listen(room(nora)), slowly = await listen(room(nora)), eager = await listen(room(nora));
  await Promise.all([lazy, slowly, eager].map((ear) => until('its place', () => ear.parser.last)));
  lazy.answer.pause(); slowly.answer.pause();
  const text = 'x'.repeat(20000), many = 500, pen = new Writer('flood');
  const all = Array.from({ length: many }, (_, n) => n), numbers = (heard) => heard.map((event) => JSON.parse(event.data).n);
  for (const n of all) pen.say(nora, { n, text });
  await pen.done();
  await hears(eager, many);
  assert.deepEqual(numbers(eager.heard), all);
  slowly.answer.resume();
  await hears(slowly, many);
  assert.deepEqual(numbers(slowly.heard), all);
  await sleep(16000);
  lazy.answer.resume();
  await Promise.race([lazy.over, sleep(60000 * slow).then(() => { throw new Error('it was not sent away'); })]);
  assert.ok(lazy.heard.length < many, 'it was not sent away');
  const { heard } = await follow(room(nora), many - lazy.heard.length, { last: lazy.parser.last });
  assert.deepEqual(numbers([...lazy.heard, ...heard]), all);
  eager.cut(); slowly.cut();
});

test('two hundred listen, and each hears its room', async () => {
  const people = [nora, omar, await user('pia'), await user('quentin')];
  const ears = await Promise.all(Array.from({ length: 200 }, (_, i) => listen(room(people[i % 4]))));
  assert.ok(ears.every((ear) => ear.status === 200));
  await Promise.all(ears.map((ear) => until('a place', () => ear.parser.last)));
  for (const [i, one] of people.entries()) await say(one, { of: i });
  await Promise.all(ears.map((ear) => hears(ear, 1)));
  await sleep(200);
  ears.forEach((ear, i) => assert.deepEqual(ear.heard.map((event) => event.data), [JSON.stringify({ of: i % 4 })]));
  ears.forEach((ear) => ear.cut());
});

test('the program is killed: it is started anew, and nothing was missed', async () => {
  const first = await listen(room(nora));
  const last = await until('its place', () => first.parser.last);
  const pen = new Writer('killed'), all = follow(room(nora), 60, { last, dies: true });
  for (let n = 0; n < 60; n++) {
    pen.say(nora, { n });
    await sleep(15);
    if (n === 10 || n === 35)
      for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        let exe;
        try { exe = fs.readlinkSync(`/proc/${pid}/exe`); } catch { continue; }
        if (exe === path.join(home.bin, 'stream.fcgi') && Number(pid) !== program?.child.pid) process.kill(Number(pid), 'SIGKILL');
      }
  }
  await pen.done();
  const { heard } = await all;
  assert.deepEqual(heard.map((event) => JSON.parse(event.data).n), Array.from({ length: 60 }, (_, n) => n));
  first.cut();
  await until('the program is there again', async () => {
    const ear = await listen(room(nora)).catch(() => undefined);
    ear?.cut();
    return ear?.status === 200;
  });
});

test('memory is short: who could not be let in comes again, and misses nothing', async () => {
  const sick = await spawnFcgi(home, 'stream', {
    program: home.borrow(path.join(faultBuild, 'cgi-bin/stream.fcgi'), 'stream-faulty'), env: { HOOKKEEPER_CONF: home.conf, HK_FAULT: 'live:%3' },
  });
  const server = await lighttpdFor(home, { '/stream': sick.socket }, { more: 'server.stream-response-body = 2' });
  const url = server.url(`/stream?token=${roomToken(key, nora)}`);
  const first = await listen(room(nora));
  const last = await until('its place', () => first.parser.last);
  first.cut();
  const pen = new Writer('short'), all = follow(url, 40, { last, dies: true });
  for (let n = 0; n < 40; n++) {
    pen.say(nora, { n });
    await sleep(10);
  }
  await pen.done();
  assert.deepEqual((await all).heard.map((event) => JSON.parse(event.data).n), Array.from({ length: 40 }, (_, n) => n));
  await home.stop(sick.child);
  await home.stop(server.child);
});

test('a Clerk session opens the room of its user, until it is over', async () => {
  const bearer = (jwt) => ({ headers: { authorization: `Bearer ${jwt}` } });
  const ear = await listen(at(), bearer(clerk.session('user_nora', { seconds: 5 })));
  assert.equal(ear.status, 200);
  await until('its place', () => ear.parser.last);
  await say(nora, { late: 1 });
  const [event, end] = await hears(ear, 2);
  assert.deepEqual(JSON.parse(event.data), { late: 1 });
  assert.equal(end.type, 'token_expired');
  await ear.over;
  assert.ok(ear.whole, 'ended, not cut');
  assert.equal((await listen(at(), bearer(clerk.session('user_nobody')))).status, 404);
  const own = await listen(at(), { headers: { 'x-hookkeeper-token': clerk.session('user_nora') } });
  assert.equal(own.status, 200);
  own.cut();
});

test('no other token opens any, and nobody is told why', async () => {
  const stranger = new Clerk(), good = clerk.session('user_nora'), [head, claims, signature] = good.split('.');
  const none = `${Buffer.from('{"alg":"none","kid":"ins_test"}').toString('base64url')}.${claims}.`;
  const token = roomToken(key, nora), bent = `${token.slice(0, 40)}${token[40] === 'A' ? 'B' : 'A'}${token.slice(41)}`;
  const rows = [
    ['no token', '', {}], ['an empty one', '?token=', {}], ['a word', '?token=nora', {}], ['the user itself', `?token=${nora}`, {}],
    ['one letter changed', `?token=${bent}`, {}], ['over', `?token=${roomToken(key, nora, -1)}`, {}],
    ['by another key', `?token=${roomToken(randomBytes(32).toString('base64'), nora)}`, {}],
    ['of a user who is none', `?token=${roomToken(key, '019a5f3c-7e2b-7d41-9c55-3f0a6b1e8d27')}`, {}],
    ['a session in the address', `?token=${good}`, {}],
    ['a session of another instance', '', { authorization: `Bearer ${stranger.session('user_nora')}` }],
    ['a session that is over', '', { authorization: `Bearer ${clerk.session('user_nora', { seconds: -60 })}` }],
    ['a session that is pending', '', { authorization: `Bearer ${clerk.session('user_nora', { sts: 'pending' })}` }],
    ['alg none', '', { authorization: `Bearer ${none}` }],
    ['its signature bent', '', { authorization: `Bearer ${head}.${claims}.${signature.slice(0, -3)}AAA` }],
    ['another scheme', '', { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` }],
  ];
  const texts = new Set();
  for (const [what, query, headers] of rows) {
    const answer = await request(at(query), { method: 'GET', headers });
    assert.equal(answer.status, 401, what);
    assert.equal(answer.headers['content-type'], 'application/problem+json', what);
    assert.match(answer.headers['www-authenticate'], /^Bearer/, what);
    assert.equal(answer.json.code, 'unauthorized', what);
    texts.add(answer.text);
  }
  assert.equal(texts.size, 1, 'the answer tells what is wrong');
  await sleep(50);
  // lighttpd's own words, of a program that was killed, have its address; ours never.
  const log = home.logText().replaceAll(/^.*\(gw_backend\.c.*$/gm, '');
  for (const [, query, headers] of rows)
    for (const secret of [query.slice('?token='.length), headers.authorization?.slice('Bearer '.length)])
      assert.ok(!secret || secret.length < 20 || secret === nora || !log.includes(secret.slice(0, 60)), 'a token is in the log');
  assert.ok(!/token=/.test(log), 'an address is in the log');
});

test('a page of another origin may listen only when the settings name it', async () => {
  const asked = (method, from, more = {}) => listen(room(nora), { method, headers: { ...(from ? { origin: from } : {}), ...more } });
  const good = await asked('GET', origin), bad = await asked('GET', 'https://evil.example'), plain = await asked('GET');
  assert.equal(good.headers['access-control-allow-origin'], origin);
  assert.equal(bad.headers['access-control-allow-origin'], undefined);
  assert.equal(plain.headers['access-control-allow-origin'], undefined);
  for (const ear of [good, bad, plain]) { assert.match(ear.headers.vary, /Origin/); ear.cut(); }
  const may = await request(at(), { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization,last-event-id' } });
  assert.equal(may.status, 204);
  assert.equal(may.headers['access-control-allow-origin'], origin);
  for (const name of ['authorization', 'last-event-id', 'x-hookkeeper-token', 'cache-control'])
    assert.ok(may.headers['access-control-allow-headers'].split(/, */).includes(name), name);
  const not = await request(at(), { method: 'OPTIONS', headers: { origin: `${origin}.evil`, 'access-control-request-method': 'GET' } });
  assert.equal(not.headers['access-control-allow-origin'], undefined);
  const refused = await request(at('?token=x'), { method: 'GET', headers: { origin } });
  assert.equal(refused.headers['access-control-allow-origin'], origin, 'a script has to see the 401');
});

test('other methods are answered, and hold no place', async () => {
  const head = await request(room(nora), { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-type'], 'text/event-stream');
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const answer = await request(room(nora), { method, body: method === 'DELETE' ? undefined : '{}' });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers.allow, 'GET, HEAD, OPTIONS', method);
  }
});

test('told to stop it ends its streams at once, and they are whole', async () => {
  const ears = await Promise.all(Array.from({ length: 5 }, () => listen(httpd.url('proxy', `/stream?token=${roomToken(key, nora)}`))));
  await Promise.all(ears.map((ear) => until('a place', () => ear.parser.last)));
  const since = Date.now();
  program.child.kill('SIGTERM');
  const { code } = await program.child.gone;
  assert.equal(code, 0);
  assert.ok(Date.now() - since < 5000 * slow, `${Date.now() - since} ms`);
  for (const ear of ears) {
    await ear.over;
    assert.ok(ear.whole, 'cut, not ended');
  }
});
