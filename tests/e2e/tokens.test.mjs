// The interface's frame, seen from outside: tokens made by the command, behind each
// web server and in each way to run, and killed in the middle of a burn.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Home, until } from './lib/home.mjs';
import { apache, lighttpd, lighttpdFor, spawnFcgi } from './lib/servers.mjs';
import { faultBuild } from './lib/faults.mjs';

const json = { 'content-type': 'application/json' };
async function ask(url, { token, own, key, body, headers = {}, ...more } = {}) {
  const answer = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST', ...more,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }), ...(own && { 'x-hookkeeper-token': own }),
      ...(key && { 'idempotency-key': key }), ...(body !== undefined && json), ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: text === '' ? undefined : JSON.parse(text) };
}

// A home whose user has 100 credits, asked at(path).
async function withCredits(home, at, token) {
  const { json: user } = await ask(at('/users'), { token, body: { email: 'nora@example.org' } });
  const granted = await ask(at('/credits/grant'), { token, body: { user: user.id, amount: 100, note: 'to begin with' } });
  assert.equal(granted.status, 200, granted.text);
  return user.id;
}
const balance = (home, user) => home.one(`SELECT balance FROM account WHERE owner_kind = 'user' AND owner = '${user}'`);

test('the command makes tokens, shows them once, lists and revokes them, and says so in the audit log', async () => {
  const home = new Home();
  try {
    assert.equal(home.hk(['init', '--mode', 'test']).status, 0);
    const made = home.hk(['token', 'create', '--name', 'shop', '--scopes', 'users:read credits:burn', '--expires', '30', '--rate', '7']);
    assert.equal(made.status, 0, made.err);
    const text = /hkt_[0-9a-f]+_[\w-]{43}/.exec(made.out)?.[0];
    assert.ok(text, made.out);
    for (const wrong of [['--scopes', '*'], ['--name', 'x'], ['--name', 'x', '--scopes', 'users:eat'], ['--name', 'x', '--scopes', '*', '--expires', '2020-01-01'],
      ['--name', 'x', '--scopes', '*', '--expires', '0'], ['--name', '', '--scopes', '*']])
      assert.equal(home.hk(['token', 'create', ...wrong]).status, 64, wrong.join(' '));
    const [row, ...others] = JSON.parse(home.hk(['token', 'list', '--json']).out).tokens;
    assert.deepEqual(others, []);
    assert.equal(row.name, 'shop');
    assert.equal(row.scopes, 'users:read credits:burn');
    assert.equal(row.rate, 7);
    assert.ok(Math.abs(Date.parse(row.expires_at) - Date.now() - 30 * 86400e3) < 60e3, row.expires_at);
    assert.ok(text.startsWith(row.prefix) && row.prefix.length < 12);
    assert.equal(home.hk(['token', 'revoke', String(row.id)]).status, 0);
    assert.equal(home.hk(['token', 'revoke', String(row.id)]).status, 1, 'again');
    assert.equal(home.hk(['token', 'revoke', '99']).status, 1, 'no such');
    assert.equal(home.hk(['token', 'revoke', 'shop']).status, 64, 'by name');
    assert.deepEqual(home.sql(`SELECT action, subject, via, result FROM audit_log WHERE action LIKE 'token.%' ORDER BY id`), [
      { action: 'token.create', subject: `token:${row.id}`, via: 'command', result: 'done' },
      { action: 'token.revoke', subject: `token:${row.id}`, via: 'command', result: 'done' },
    ]);
    // The text is nowhere: not in the database, not in a log.
    assert.equal(home.one(`SELECT count(*) FROM api_token WHERE hash LIKE '%hkt%'`), 0);
    assert.equal(home.one(`SELECT count(*) FROM audit_log WHERE after LIKE '%${text}%'`), 0);
    assert.ok(!home.logText().includes(text));
  } finally {
    await home.close();
  }
});

// Each way to run.
const places = {
  'lighttpd, FastCGI': async (home) => {
    const web = await lighttpd(home);
    return { at: (p) => web.url(p) };
  },
  'Apache, mod_fcgid': async (home) => {
    const web = await apache(home, { ways: ['fcgid'] });
    return { at: (p) => web.url('fcgid', p) };
  },
  'Apache, plain CGI by .htaccess': async (home) => {
    const web = await apache(home, { ways: ['cgi'] });
    return { at: (p) => web.url('cgi', p) };
  },
};

for (const [name, open] of Object.entries(places))
  test(`${name}: health, a read, a burn that is repeated, and a token that ends`, async () => {
    const home = new Home();
    try {
      const { at } = await open(home);
      const { id, token } = home.token();
      const health = await ask(at('/healthz'));
      assert.equal(health.status, 200, health.text);
      assert.equal(health.json.status, 'ok');
      assert.equal(health.json.worker, false);

      const user = await withCredits(home, (p) => at(`/api/v1${p}`), token);
      const burn = { token, key: 'order-1', body: { user, amount: 30 } };
      const first = await ask(at('/api/v1/credits/burn'), burn);
      assert.equal(first.status, 200, first.text);
      const again = await ask(at('/api/v1/credits/burn'), { ...burn, token: undefined, own: token });
      assert.equal(again.text, first.text);
      assert.equal(again.headers.get('idempotent-replayed'), 'true');
      assert.equal(balance(home, user), 70);
      assert.equal((await ask(at('/api/v1/credits/burn'), { ...burn, key: 'order-2', body: { user, amount: 71 } })).status, 402);

      const read = await ask(at(`/api/v1/users/${user}/balance`), { own: token });
      assert.equal(read.json.balance, 70, read.text);
      const head = await ask(at('/api/v1/users'), { token, method: 'HEAD' });
      assert.equal(head.status, 200);
      assert.equal(head.text, '');
      const nowhere = await ask(at('/api/v1/nowhere'), { token });
      assert.equal(nowhere.status, 404);
      assert.equal(nowhere.headers.get('content-type'), 'application/problem+json');
      assert.equal((await ask(at('/api/v1/openapi.json'))).json.openapi, '3.1.0');

      assert.equal(home.hk(['token', 'revoke', String(id)]).status, 0);
      assert.equal((await ask(at('/api/v1/users'), { token })).status, 401, 'revoked, to read');
      assert.equal((await ask(at('/api/v1/credits/burn'), burn)).status, 401, 'revoked, to write');
      assert.equal(balance(home, user), 70);
      assert.ok(!home.logText().includes(token), 'the token is in a log');
    } finally {
      await home.close();
    }
  });

test('the rate counts across the processes of plain CGI', async () => {
  const home = new Home({ settings: { api: { rate: 1, burst: 5 } } });
  try {
    const { at } = await places['Apache, plain CGI by .htaccess'](home);
    const { token } = home.token();
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(at('/api/v1/users'), { token })));
    const seconds = Math.ceil((Date.now() - began) / 1000);
    const good = answers.filter((a) => a.status === 200).length;
    assert.ok(good >= 5 && good <= 5 + seconds, `${good} of 10 were taken in ${seconds} s`);
    let late = answers.find((a) => a.status === 429);
    // A machine that takes seconds for ten is not too fast for the rate: ten more at once.
    for (let again = 0; late === undefined && again < 10; again++)
      late = (await Promise.all(Array.from({ length: 20 }, () => ask(at('/api/v1/users'), { token })))).find((a) => a.status === 429);
    assert.equal(late.json.code, 'rate_limited');
    assert.ok(Number(late.headers.get('retry-after')) >= 1);
    assert.equal(late.headers.get('ratelimit-limit'), '5');
    assert.equal(late.headers.get('ratelimit-remaining'), '0');
  } finally {
    await home.close();
  }
});

test('health: 503 while there is no database to open, well again by itself, and it sees a worker', async () => {
  const home = new Home();
  const data = path.dirname(home.db);
  try {
    fs.chmodSync(data, 0o500);
    const api = await spawnFcgi(home, 'api');
    const web = await lighttpdFor(home, { '/healthz': api.socket });
    const sick = await ask(web.url('/healthz'));
    assert.equal(sick.status, 503, sick.text);
    assert.equal(sick.json.code, 'unavailable');
    assert.ok(!sick.text.includes(home.dir), 'a path of ours is told to strangers');
    fs.chmodSync(data, 0o700);
    const well = () => ask(web.url('/healthz'));
    home.token();
    await until('it is well', async () => (await well()).status === 200);
    const worker = home.worker();
    await until('the worker is seen', async () => (await well()).json.worker);
    await home.stop(worker);
    assert.equal((await well()).json.worker, false);
  } finally {
    fs.chmodSync(data, 0o700);
    await home.close();
  }
});

// Killed at each step of a burn: started again, the same request with the same key is
// answered, and burned once.
for (const step of ['call.checked', 'batch.taken', 'call.done', 'call.kept', 'batch.answering', 'call.answering', 'reply.before', 'reply.after'])
  test(`killed at ${step}: the burn that is repeated is burned once`, async () => {
    const home = new Home({ from: faultBuild });
    try {
      const { token } = home.token();
      const socket = path.join(home.dir, 'run', 'api.sock');
      const start = async (env = {}) => (await spawnFcgi(home, 'api', { socket, env })).child;
      const web = await lighttpdFor(home, { '/api/v1': socket });
      const at = (p) => web.url(`/api/v1${p}`);
      const healthy = await start();
      const user = await until('it answers', () => withCredits(home, at, token).catch(() => undefined));
      await home.stop(healthy);

      const broken = await start({ HK_FAULT: `${step}:1`, HK_FAULT_ONCE: path.join(home.dir, 'data', 'fault.once') });
      const burn = { token, key: 'order-1', body: { user, amount: 30 } };
      const first = await ask(at('/credits/burn'), burn).catch(() => ({ status: 0 }));
      assert.equal((await broken.gone).signal, 'SIGKILL', 'it was to die');
      assert.ok(first.status === 200 || first.status === 0 || first.status >= 500, String(first.status));
      await start();
      const again = await until('it answers', async () => {
        const answer = await ask(at('/credits/burn'), burn).catch(() => ({ status: 0 }));
        return answer.status === 200 && answer;
      });
      assert.equal(balance(home, user), 70);
      assert.equal(again.json.balance, 70);
      if (first.status === 200) assert.equal(again.text, first.text);
      assert.equal(home.one(`SELECT count(*) FROM transfer WHERE kind = 'burn'`), 1);
    } finally {
      await home.close();
    }
  });
