// The interface under attack: another program's token, a stranger, a user of the
// site with a session that was meant for something else, and a program with a bug.
import assert from 'node:assert/strict';
import { createHmac, createSign, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Api, Sessions } from './lib/api.mjs';
import { ask, post } from './lib/fastcgi.mjs';
import { Home, quick, randomId, sleep, slow } from './lib/home.mjs';
import { clerkUser, request, send } from './lib/senders.mjs';
import { lighttpd, spawnFcgi } from './lib/servers.mjs';

const BONUS = 40;
const sessions = new Sessions();
const home = new Home({ settings: {
  hookkeeper: { key: randomBytes(32).toString('base64'), trusted_proxies: '127.0.0.1' },
  api: { rate: 0, origins: 'https://app.example.com' },
  credits: { signup_bonus: BONUS },
  clerk: { session_keys: 'clerk.pem', authorized_parties: 'https://app.example.com' },
} });
let web, api, other;

const problem = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.code, code, answer.text);
  return answer;
};
const newUser = async (more = {}) => (await api.post('/users', { external_id: `x-${randomId(12)}`, ...more })).json.id;
const grant = (user, amount) => api.post('/credits/grant', { user, amount, note: 'a gift' });
const balance = async (user) => (await api.get(`/users/${user}/balance`)).json.balance;
async function seen(clerk_id, email, { verified = true } = {}) {
  let { body } = clerkUser(clerk_id);
  const event = JSON.parse(body);
  event.data.email_addresses[0].email_address = email;
  event.data.email_addresses[0].verification = { status: verified ? 'verified' : 'unverified', strategy: 'email_code' };
  body = JSON.stringify(event);
  assert.equal((await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, body)).status, 200);
  await home.settled();
  return home.one(`SELECT id FROM site_user WHERE clerk_id = '${clerk_id}'`);
}

before(async () => {
  home.write(path.join(home.dir, 'clerk.pem'), sessions.pem);
  home.hk(['events', 'list']);
  web = await lighttpd(home);
  api = await Api.open(web, home.token().token);
  other = api.as(home.token({ name: 'another program' }).token);
});
after(() => home.close());

describe('another program that guesses an Idempotency-Key', () => {
  test('does not read the answer to it, not even of the same request', async () => {
    const user = await newUser(), key = `key-of-${user}`;
    const made = await api.post(`/users/${user}/keys`, { name: 'first' }, { key });
    assert.equal(made.status, 201, made.text);
    const stolen = await other.post(`/users/${user}/keys`, { name: 'first' }, { key });
    assert.ok(!stolen.text.includes(made.json.text), 'it has the secret');
    assert.equal(stolen.headers['idempotent-replayed'], undefined);
    assert.equal((await api.post(`/users/${user}/keys`, { name: 'first' }, { key })).text, made.text, 'who asked hears it again');
  });

  test('does not spoil it for the one whose it is', async () => {
    const key = randomId(12);
    assert.equal((await other.post('/users', { external_id: `spoiler-${key}` }, { key })).status, 201);
    assert.equal((await api.post('/users', { external_id: `mine-${key}` }, { key })).status, 201);
  });

  test('a burn stays one, also when the program has got a new token in between', async () => {
    const user = await newUser(), key = randomId(12);
    await grant(user, 10);
    const first = await api.post('/credits/burn', { user, amount: 4 }, { key });
    const again = await other.post('/credits/burn', { user, amount: 4 }, { key });
    assert.equal(again.json.transfer, first.json.transfer, again.text);
    assert.equal(await balance(user), 6);
    problem(await other.post('/credits/burn', { user, amount: 5 }, { key }), 400, 'idempotency_key_reused');
  });
});

describe('numbers and names of a program with a bug', () => {
  test('move nothing', async () => {
    const user = await newUser();
    await grant(user, 100);
    for (const amount of ['1e400', '-1', '0', '1.0', '1e0', '9223372036854775808', '18446744073709551617', '-9223372036854775809',
      '"1"', 'true', 'null', '[1]', '{}', '1000000000000001', 'NaN', '-0', '01', '0x1'])
      problem(await api.call('POST', '/credits/burn', { raw: `{"user":"${user}","amount":${amount}}` }), 400, 'bad_request');
    for (const raw of [`{"user":"${user}","amount":1,"amount":2}`, `{"user":"${user}","user":"x","amount":1}`,
      `{"user":"${user}","\\u0061mount":1,"amount":2}`, `{"user":"${user}","amount":1,"amount\\u0000":2}`, `[{"user":"${user}","amount":1}]`,
      `{"user":"${user}","organization":"org_1","amount":1}`, `{"user":"${user}\\u0000","amount":1}`, `${'['.repeat(1900)}`, ''])
      problem(await api.call('POST', '/credits/burn', { raw }), 400, 'bad_request');
    assert.equal(await balance(user), 100);
  });

  test('an empty reference is not a name that all burns share', async () => {
    const user = await newUser();
    await grant(user, 10);
    problem(await api.post('/credits/burn', { user, amount: 3, reference: '' }), 400, 'bad_request');
    assert.equal((await api.post('/credits/burn', { user, amount: 3, reference: 'job' })).json.balance, 7);
    assert.equal((await api.post('/credits/burn', { user, amount: 3, reference: 'job' })).json.balance, 7);
  });

  test('grants up to the limit do not wrap around', async () => {
    const user = await newUser();
    assert.equal((await grant(user, 1e15)).status, 422, 'the whole of it: the other side has some already');
    assert.equal((await grant(user, 1e14)).json.balance, 1e14);
    problem(await grant(user, 1e15 - 1), 422, 'impossible');
    assert.equal(await balance(user), 1e14);
    await api.post('/credits/burn', { user, amount: 1e14 });
  });
});

describe('an address that two people claim', () => {
  test('names neither of them, so that credits do not go to who claims it without proof', async () => {
    const email = `victim-${randomId(6)}@example.com`.toLowerCase();
    const victim = await seen(`user_${randomId(10)}`, email);
    assert.equal((await api.get(`/users/${email}`)).json.id, victim);
    const thief = await seen(`user_${randomId(10)}`, email.replace('victim', 'Victim'), { verified: false });
    assert.notEqual(thief, victim);
    problem(await api.post('/credits/grant', { user: email, amount: 50, note: 'a gift' }), 404, 'not_found');
    problem(await api.post('/credits/burn', { user: email, amount: 1 }), 404, 'not_found');
    problem(await api.post('/users', { email }), 409, 'conflict');
    problem(await api.get(`/users/${email}/stream-token`), 404, 'not_found');
    assert.equal((await api.get(`/users?email=${email}`)).json.data.length, 2);
    assert.equal((await grant(victim, 50)).json.balance, BONUS + 50);
    assert.equal(await balance(thief), BONUS);
  });

  test('a user made by the application is not given to a Clerk user whose address is not verified', async () => {
    const email = `guest-${randomId(6)}@example.com`.toLowerCase();
    const guest = (await api.post('/users', { email })).json.id;
    await grant(guest, 70);
    const thief = await seen(`user_${randomId(10)}`, email, { verified: false });
    assert.notEqual(thief, guest);
    assert.equal(await balance(thief), BONUS);
    assert.equal(await balance(guest), 70);
    const real = await seen(`user_${randomId(10)}`, email, { verified: true });
    assert.equal(real, guest, 'who has proof');
  });
});

describe('a token', () => {
  const paths = (user) => [['GET', '/users'], ['GET', `/users/${user}`], ['GET', `/users/${user}/balance`], ['GET', `/users/${user}/stream-token`],
    ['POST', '/users'], ['POST', '/credits/grant'], ['POST', `/users/${user}/keys`], ['POST', '/keys/x/reveal'], ['DELETE', '/keys/x'], ['GET', '/me']];

  test('of one scope opens nothing else, however the address or method is spelled', async () => {
    const user = await newUser();
    const low = api.as(home.token({ name: 'low', scopes: 'credits:burn' }).token);
    for (const [method, at] of paths(user)) {
      const answer = await low.call(method, at, method === 'POST' ? { body: { user, amount: 1, note: 'x' } } : {});
      assert.ok([401, 403].includes(answer.status), `${method} ${at}: ${answer.text}`);
    }
    const bearer = { authorization: `Bearer ${low.token}` };
    for (const at of [`/api/v1/users%2F${user}`, `/api/v1//users/${user}`, `/api/v1/users/${user}%2Fbalance`, `/api/v1/users/${user}/../${user}`,
      `/api/v1/users/%2e%2e/users`, `/api//v1/users`, '/api/v1/users;x=1', '/api/v1/USERS', '/api/v1/users%00', '/API/v1/users', `/api/v1/%75sers`]) {
      const answer = await request(web.url(at), { method: 'GET', headers: bearer });
      assert.ok([301, 400, 403, 404].includes(answer.status), `${at}: ${answer.status} ${answer.text}`);
    }
    for (const headers of [{ 'x-http-method-override': 'GET' }, { 'x-method-override': 'DELETE' }, { 'x-original-url': '/api/v1/users' }]) {
      const answer = await request(web.url('/api/v1/credits/burn'), { method: 'POST', headers: { ...bearer, ...headers, 'content-type': 'application/json' }, body: '{}' });
      assert.equal(answer.status, 400, answer.text);
    }
    for (const method of ['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'DELETE', 'get'])
      assert.ok([400, 405, 501].includes((await request(web.url('/api/v1/credits/burn'), { method, headers: bearer })).status), method);
  });

  test('that nobody has costs little, and keeps nobody out who has a good one', async () => {
    const at = (i) => ({ 'x-forwarded-for': '203.0.113.9', 'x-hookkeeper-token': i });
    const said = home.logText().length;
    const began = Date.now(), answers = [];
    for (let i = 0; i < 200; i++) answers.push(await request(web.url('/api/v1/users'), { method: 'GET', headers: at(`hkt_1_${i}`) }));
    const seconds = Math.ceil((Date.now() - began) / 1000);	// 20 at once are looked at, then one a second
    const looked = answers.filter((a) => a.status === 401).length;
    assert.ok(looked >= 20 && looked <= 20 + seconds, `${looked} in ${seconds} s`);
    assert.ok(answers.every((a) => a.status === 401 || (a.status === 429 && a.headers['retry-after'])));
    assert.ok(home.logText().slice(said).split('\n').length < 40 + seconds, 'a line for each in the log');
    const fresh = home.token({ name: 'new there' }).token;
    assert.equal((await request(web.url('/api/v1/users'), { method: 'GET', headers: at(fresh) })).status, 200, 'a token that nobody has seen yet');
    const user = `user_${randomId(10)}`;
    await seen(user, `${user}@example.com`.toLowerCase());
    assert.equal((await request(web.url('/api/v1/me'), { method: 'GET', headers: at(sessions.token(user)) })).status, 200, 'a session');
  });

  test('neither it nor a key is in a log, and the audit log says who saw a key', async () => {
    const user = await newUser();
    const made = await api.post(`/users/${user}/keys`, { name: 'k' });
    assert.equal((await api.call('DELETE', `/keys/${made.json.id}`)).status, 200);
    assert.equal((await api.call('DELETE', `/keys/${made.json.id}`)).status, 200);
    assert.deepEqual(home.sql(`SELECT who, via, action FROM audit_log WHERE subject = 'key:${made.json.id}' ORDER BY id`), [
      { who: 'token:test', via: 'api', action: 'key.create' }, { who: 'token:test', via: 'api', action: 'key.revoke' }]);
    await api.get('/users/nobody', { headers: { 'x-evil': 'a\tb' } });
    assert.ok(!home.logText().includes(made.json.text));
    assert.ok(!home.logText().includes(api.token));
    assert.ok(!home.sql('SELECT * FROM audit_log').some((row) => JSON.stringify(row).includes(made.json.text)));
  });
});

describe('a session', () => {
  const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const now = () => Math.floor(Date.now() / 1000);
  const claims = (sub) => ({ sub, nbf: now() - 5, exp: now() + 60, azp: 'https://app.example.com', sts: 'active' });
  const signed = (head, body) => {
    const text = `${part(head)}.${part(body)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(sessions.key).toString('base64url')}`;
  };
  const me = (token, headers = {}, at = '/me') => request(web.url(`/api/v1${at}`), { method: 'GET', headers: { authorization: `Bearer ${token}`,
    'x-forwarded-for': `198.51.100.${Math.floor(Math.random() * 250)}`, ...headers } });

  test('that was not made for this is none', async () => {
    const sub = `user_${randomId(10)}`;
    await seen(sub, `${sub}@example.com`.toLowerCase());
    const head = { alg: 'RS256', kid: 'ins_test', typ: 'JWT' }, good = claims(sub);
    assert.equal((await me(signed(head, good))).status, 200);
    const text = `${part({ ...head, alg: 'HS256' })}.${part(good)}`;
    const rows = {
      'none, without a signature': `${part({ ...head, alg: 'none' })}.${part(good)}.`,
      'none, with one': `${part({ ...head, alg: 'none' })}.${part(good)}.AA`,
      'the public key as an HMAC secret': `${text}.${createHmac('sha256', sessions.pem).update(text).digest('base64url')}`,
      'another algorithm': signed({ ...head, alg: 'RS512' }, good),
      'alg twice': signed('{"alg":"none","alg":"RS256","kid":"ins_test"}', good),
      'a key of its own': signed({ alg: 'RS256', jwk: { kty: 'RSA' } }, good),
      'a kid that is a path': signed({ ...head, kid: 'a/../b c' }, good),
      'a kid that is no text': signed({ ...head, kid: 7 }, good),
      'a crit': signed({ ...head, crit: ['exp'] }, good),
      'two subs': signed(head, JSON.stringify(good).replace('{', '{"sub":"user_other",')),
      'over': signed(head, { ...good, exp: now() - 6 }),
      'not yet': signed(head, { ...good, nbf: now() + 60 }),
      'a fraction of a second': signed(head, { ...good, exp: 1e400 }),
      'an exp that is a text': signed(head, { ...good, exp: 'tomorrow' }),
      'an exp past all': signed(head, JSON.stringify(good).replace(/"exp":\d+/, '"exp":99999999999999999999')),
      'no nbf': signed(head, { ...good, nbf: undefined }),
      'another party': signed(head, { ...good, azp: 'https://evil.example.com' }),
      'a party that begins so': signed(head, { ...good, azp: 'https://app.example.com.evil.com' }),
      'an empty party': signed(head, { ...good, azp: '' }),
      'two parties': signed(head, { ...good, azp: ['https://app.example.com'] }),
      'pending': signed(head, { ...good, sts: 'pending' }),
      'made for another service': signed(head, { ...good, aud: 'convex' }),
      'a sub of another kind': signed(head, { ...good, sub: 'client_1' }),
      'our own id as sub': signed(head, { ...good, sub: home.one(`SELECT id FROM site_user WHERE clerk_id = '${sub}'`) }),
      'four parts': `${signed(head, good)}.AA`,
      'padding': `${signed(head, good)}==`,
      'a token of ours': api.token,
    };
    for (const [what, token] of Object.entries(rows)) {
      const answer = await me(token);
      assert.equal(answer.status, 401, `${what}: ${answer.text}`);
    }
  });

  test('opens its own user alone, and a cookie opens nothing', async () => {
    const sub = `user_${randomId(10)}`, other = await newUser();
    const own = await seen(sub, `${sub}@example.com`.toLowerCase());
    const token = signed({ alg: 'RS256', kid: 'ins_test' }, claims(sub));
    for (const at of ['/me', `/me?user=${other}`, `/me?id=${other}`]) {
      const answer = await me(token, {}, at);
      if (answer.status === 200) assert.equal(answer.json.id, own, at);
    }
    assert.equal((await me(token, {}, `/users/${own}`)).status, 401, 'the application\'s address, even of itself');
    const cookie = await request(web.url('/api/v1/me'), { method: 'GET', headers: { cookie: `__session=${token}` } });
    assert.equal(cookie.status, 401);
    const evil = await me(token, { origin: 'https://evil.example.com' });
    assert.equal(evil.headers['access-control-allow-origin'], undefined);
    assert.equal(evil.headers.vary, 'Origin');
    assert.equal(evil.headers['cache-control'], 'no-store');
  });
});

test('slow bodies hold up nobody, for the web server waits for them', async () => {
  const slowly = [];
  for (let i = 0; i < 40; i++) {
    const socket = net.connect(web.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`POST /api/v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"exter`);
    slowly.push(socket);
  }
  await sleep(200);
  await quick('while forty are slow', 1000, async () => assert.equal((await api.get('/users')).status, 200));
  slowly.forEach((socket) => socket.destroy());
});

test('a body of many small values takes no memory', async () => {
  const pid = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).find((name) => {
    try { return fs.readlinkSync(`/proc/${name}/exe`) === path.join(home.bin, 'api.fcgi'); } catch { return false; }
  });
  const memory = () => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  const before = memory();
  for (const some of ['{},', '[],', '1,', '{"a":[]},', '"\\"",'])
    for (let i = 0; i < 4; i++)
      await Promise.all(Array.from({ length: 5 }, () => api.call('POST', '/users', {
        raw: `{"email":[${some.repeat(250000 / some.length)}1]}` }).then((answer) => problem(answer, 413, 'too_large'))));
  assert.ok(memory() - before < 40 * slow, `${before} MB became ${memory()} MB`);
  problem(await api.call('POST', '/users', { raw: `{"email":[${'1,'.repeat(19000)}1]}` }), 400, 'bad_request');
  problem(await api.call('POST', '/users', { raw: `{"email":"${'[{,'.repeat(80000)}"}` }), 400, 'bad_request');
});

test('an Idempotency-Key splits no answer and fills no memory', async () => {
  const user = await newUser();
  for (const key of ['a b', 'x'.repeat(256), 'ä', 'a\tb'])
    assert.equal((await api.post('/users', { external_id: user }, { headers: { 'idempotency-key': key } })).status, 400, key);
  const answer = await request(web.url('/api/v1/users/%0d%0aSet-Cookie:%20x=1'), { method: 'GET', headers: { authorization: `Bearer ${api.token}` } });
  assert.ok([400, 404].includes(answer.status), answer.text);
  assert.equal(answer.headers['set-cookie'], undefined);
});

// What is left of the file that all processes count in is for the next start to mend.
for (const [what, spoil] of Object.entries({
  'full of ones': (file) => fs.writeFileSync(file, Buffer.alloc(98304, 0xff)),
  'the largest numbers': (file) => fs.writeFileSync(file, Buffer.alloc(98304, Buffer.from('ffffffffffffff7f', 'hex'))),
  'the smallest numbers': (file) => fs.writeFileSync(file, Buffer.alloc(98304, Buffer.from('0000000000000080', 'hex'))),
  'cut short': (file) => fs.truncateSync(file, 100),
  'a link to somewhere else': (file) => { fs.rmSync(file); fs.symlinkSync('/etc/passwd', file); },
  'a folder': (file) => { fs.rmSync(file); fs.mkdirSync(file); },
}))
  test(`the file of rates is ${what}: requests are answered, and limited`, async () => {
    const own = new Home({ settings: { api: { rate: 1, burst: 3 } } });
    try {
      const { token } = own.token();
      const first = await spawnFcgi(own, 'api', { env: { HOOKKEEPER_CONF: own.conf } });
      const get = (socket) => ask(socket, post({ authorization: `Bearer ${token}` }, '', { uri: '/api/v1/users', method: 'GET' }));
      assert.equal((await get(first.socket)).status, 200);
      await own.stop(first.child);
      const file = path.join(own.dir, 'data', 'api.limit');
      assert.ok(fs.existsSync(file), file);
      spoil(file);
      const second = await spawnFcgi(own, 'api', { env: { HOOKKEEPER_CONF: own.conf } });
      const all = [];
      // Three at once, then one a second: a slow machine takes more to be too fast.
      for (let i = 0; i < 60 && !all.includes(429); i++) all.push((await get(second.socket)).status);
      assert.equal(all[0], 200, all.join());
      assert.ok(all.includes(429), all.join());
    } finally {
      await own.close();
    }
  });
