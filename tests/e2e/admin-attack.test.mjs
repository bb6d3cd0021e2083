// The pages under attack: what a stranger, a viewer and a flood of either try,
// spoken to admin.fcgi itself, so that no web server is in the way.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Jar, Site } from './lib/admin.mjs';
import { begin, pair, PARAMS, read, record, STDIN, stream } from './lib/fastcgi.mjs';
import { quick, sleep, slow, until } from './lib/home.mjs';
import { request as post, send } from './lib/senders.mjs';
import { spawnFcgi } from './lib/servers.mjs';

const HOST = 'hooks.example';
const CODE = '730184', LETTERS = 'qzxvcode';

let site, socket, jars, own;
before(async () => {
  site = await Site.open({ settings: { hookkeeper: { key: randomBytes(32).toString('base64') } } });
  jars = {};
  for (const role of ['admin', 'operator', 'viewer']) jars[role] = await site.session(role);
  ({ socket, child: own } = await spawnFcgi(site.home, 'admin'));
});
after(() => site?.close());

// A request's bytes; more: variables, as a web server would set them.
function bytes(method, uri, { jar, body = '', more = {} } = {}) {
  const [path, query = ''] = uri.split(/\?(.*)/s);
  const all = {
    REQUEST_METHOD: method, REQUEST_URI: uri, QUERY_STRING: query, SCRIPT_NAME: path, REMOTE_ADDR: '192.0.2.1',
    HTTP_HOST: HOST, HTTP_ACCEPT: 'text/html', ...(jar && { HTTP_COOKIE: jar.header() }),
    ...(method === 'POST' && { CONTENT_TYPE: 'application/x-www-form-urlencoded',
      CONTENT_LENGTH: String(Buffer.byteLength(body)), HTTP_ORIGIN: `http://${HOST}` }), ...more,
  };
  const params = Buffer.concat(Object.entries(all).map(([k, v]) => pair(k, v)));
  return Buffer.concat([begin(), stream(PARAMS, params), record(PARAMS), stream(STDIN, Buffer.from(body)), record(STDIN)]);
}
function ask(method, uri, how) {
  return new Promise((done, fail) => {
    const parts = [], began = Date.now(), s = net.connect(socket);
    s.setTimeout(60000 * slow, () => s.destroy(new Error(`${method} ${uri}: no answer`)));
    s.on('data', (d) => parts.push(d));
    s.on('error', (error) => { if (!['EPIPE', 'ECONNRESET'].includes(error.code)) fail(error); });
    s.on('close', () => {
      const all = read(Buffer.concat(parts));
      const [head, ...rest] = all.text.split('\r\n\r\n');
      done({ ...all, head, body: rest.join('\r\n\r\n'), ms: Date.now() - began,
        location: /^Location: (.*)$/m.exec(head)?.[1].trim() });
    });
    s.write(bytes(method, uri, how));
  });
}
const get = (uri, jar, more) => ask('GET', uri, { jar, more });
const json = { HTTP_ACCEPT: 'application/json' };

// A browser that has the login form open.
async function stranger(addr = '192.0.2.1') {
  const jar = new Jar(), page = await get('/admin/login', jar, { REMOTE_ADDR: addr });
  jar.cookies.set('hk_form', /hk_form=([0-9a-f]+)/.exec(page.head)[1]);
  jar.addr = addr;
  jar.form = /name="form_token" value="([^"]+)"/.exec(page.body)[1];
  return jar;
}
async function login(jar, name, fields, more = {}) {
  const answer = await ask('POST', '/admin/login', {
    jar, body: String(new URLSearchParams({ form_token: jar.form, name, ...fields })), more: { REMOTE_ADDR: jar.addr, ...more },
  });
  for (const [, key, value] of answer.head.matchAll(/^Set-Cookie: ([^=]+)=([^;\r]*)/gm)) jar.cookies.set(key, value);
  return answer;
}
const act = (jar, where, fields = {}) => jar.post(site.url(where), { form_token: jar.token, ...fields });
// As after very many wrong guesses.
const hold = (source) => write(`INSERT OR REPLACE INTO login_failure (source, times, last_at, until)
  VALUES ('${source}', 20, ${Date.now()}000, ${Date.now() + 900000}000);`);
const forget = () => site.home.hk(['admin', 'unlock']);

// The sqlite3 shell, writing; it stays until its input ends.
const shell = () => site.home.start('sqlite3', ['-cmd', '.timeout 10000', site.home.db], { stdio: ['pipe', 'pipe', 'pipe'] });
async function write(sql) {
  const child = shell();
  let out = '', err = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stderr.on('data', (d) => { err += d; });
  child.stdin.end(`${sql}\n`);
  await child.gone;
  assert.equal(err, '');
  return out.trim();
}

test('a name that exists takes as long to refuse as one that does not', async () => {
  forget();
  const took = { viewer: [], nobody_here: [] };
  let n = 0;
  for (let i = 0; i < 2; i++)
    for (const name of Object.keys(took))
      for (const fields of [{ password: 'guess' }, { proof: 'AAAA', code: '123456' }]) {
        const answer = await login(await stranger(`198.51.100.${++n}`), name, fields);
        assert.equal(answer.status, 403);
        took[name].push(answer.ms);
      }
  const least = (name) => Math.min(...took[name]);
  assert.ok(least('viewer') > least('nobody_here') / 3 && least('nobody_here') > least('viewer') / 3, JSON.stringify(took));
  forget();
});

test('no header field makes a guesser somebody else', async () => {
  forget();
  await hold('addr:203.0.113.9');
  for (const field of ['X_FORWARDED_FOR', 'X_REAL_IP', 'FORWARDED', 'CLIENT_IP', 'TRUE_CLIENT_IP', 'REMOTE_ADDR'])
    assert.equal((await login(await stranger('203.0.113.9'), field, { password: 'guess' }, { [`HTTP_${field}`]: '10.0.0.1' })).status, 429, field);
  forget();
});

test("another person's device cookie, and a made-up one, open no second account of guesses", async () => {
  forget();
  const [own, other] = ['viewer', 'admin'].map((name) => site.home.one(`SELECT id FROM person WHERE name = '${name}'`));
  const real = jars.viewer.cookies.get(`hk_device_${own}`);
  assert.ok(real);
  await hold('new:admin');
  for (const forged of [real, real.replace(/^..../, 'AAAA'), '', 'AQ==', 'x'.repeat(3000)]) {
    const jar = await stranger('203.0.113.77');
    jar.cookies.set(`hk_device_${other}`, forged);
    assert.equal((await login(jar, 'admin', { password: site.passwords.admin })).status, 429, forged.slice(0, 20));
  }
  forget();
});

test('who has to wait for the next guess holds up no writer, and waits for none', async () => {
  forget();
  await hold('new:viewer');
  const jar = await stranger('203.0.113.5'), holder = shell();
  holder.stdin.write('BEGIN IMMEDIATE;\nSELECT 1;\n');
  await new Promise((done) => holder.stdout.once('data', done));
  try {
    const answer = await login(jar, 'viewer', { password: 'guess' });
    assert.equal(answer.status, 429);
    assert.ok(answer.ms < 1500 * slow, `${answer.ms} ms`);
  } finally {
    holder.stdin.end('ROLLBACK;\n');
    await holder.gone;
    forget();
  }
});

test('fifty logins at once: the pages stay quick, and the owner gets in', async () => {
  forget();
  const strangers = [];
  for (let i = 0; i < 50; i++) strangers.push(await stranger(`198.18.${i}.1`));
  let over = false;
  const flood = strangers.map(async (jar, i) => {
    const seen = [];
    while (!over) {
      seen.push((await login(jar, `nobody${i}`, { password: 'guess' })).status);
      await sleep(20);
    }
    return seen;
  });
  const owner = await stranger('192.0.2.200');
  for (const [name, value] of jars.admin.cookies) if (name.startsWith('hk_device_')) owner.cookies.set(name, value);
  const times = [];
  let status, tries = 0;
  for (let i = 0; i < 15; i++) {
    const page = await get('/admin/events', jars.viewer);
    assert.equal(page.status, 200);
    times.push(page.ms);
  }
  do {
    status = (await login(owner, 'admin', { password: site.passwords.admin })).status;
    if (status !== 303) await sleep(300);
  } while (status !== 303 && ++tries < 10);
  over = true;
  const seen = (await Promise.all(flood)).flat();
  assert.equal(status, 303, 'a known browser has a place of its own');
  assert.ok(seen.every((s) => s === 403 || s === 429), [...new Set(seen)].join());
  assert.ok(seen.filter((s) => s === 429).length > 0);
  times.sort((a, b) => a - b);
  assert.ok(times[7] < 1000 * slow, `median ${times[7]} ms of ${times}`);
  forget();
});

test('readers who do not read leave the pages to the others', async () => {
  await write(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
    INSERT INTO event (provider, event_id, event_type, lane, status, outcome, verified, created_at)
    SELECT 'custom:bulk', 'bulk_' || i, 'a.type.of.some.length', 'cus_' || i, 'completed', 'skipped', 1, ${Date.now()}000 FROM n;
    INSERT INTO event_body (event, headers, body)
    SELECT id, '{}', '{"x":"' || hex(zeroblob(30000)) || '"}' FROM event WHERE provider = 'custom:bulk' LIMIT 60;`);
  const idle = [];
  try {
    const open = (uri) => new Promise((done) => {
      const s = net.connect(socket, () => s.write(bytes('GET', uri, { jar: jars.viewer })));
      s.pause();
      s.on('error', () => {});
      s.once('readable', () => done());
      idle.push(s);
    });
    await Promise.all(Array.from({ length: 10 }, (_, i) =>
      open(i % 2 ? '/admin/events.csv' : '/admin/events.ndjson?with=body&provider=custom%3Abulk')));
    const pages = [];
    for (let i = 0; i < 10; i++) {
      const page = await get('/admin/events', jars.viewer);
      assert.equal(page.status, 200);
      pages.push(page.ms);
    }
    pages.sort((a, b) => a - b);
    assert.ok(pages[5] < 1500 * slow, `median of ${pages} ms`);
    const more = await get('/admin/events.csv', jars.operator);
    assert.equal(more.status, 503);
    assert.match(more.body, /Other downloads are running/);
    // What they hold must not be the database: its log is copied back and begun anew.
    await until('the log is put back behind a slow reader', async () =>
      /^0\|/.test(await write('PRAGMA wal_checkpoint(TRUNCATE);')), 20000);
  } finally {
    idle.forEach((s) => s.destroy());
  }
  const whole = await until('the places are free again', async () => {
    const got = await get('/admin/events.csv?provider=custom%3Abulk', jars.viewer);
    return got.status === 200 && got;
  });
  assert.equal(whole.body.split('\r\n').length, 30002);
});

test('a large event on every thread: memory comes back, and is bounded', async () => {
  const id = await write(`INSERT INTO event (provider, event_id, event_type, status, outcome, verified, created_at)
    VALUES ('custom:big', 'big', 'x', 'completed', 'skipped', 1, ${Date.now()}000);
    INSERT INTO event_body (event, headers, body) SELECT last_insert_rowid(), '{}',
    '[' || (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
    SELECT group_concat('{"key":"value ' || i || '","n":[1,2,3]}') FROM n) || ']';
    SELECT max(id) FROM event;`);
  const pages = await Promise.all(Array.from({ length: 24 }, (_, i) =>
    get(`/admin/events/${id}${i % 2 ? '?show=raw' : ''}`, jars.viewer)));
  assert.deepEqual([...new Set(pages.map((p) => p.status))], [200]);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${own.pid}/status`, 'utf8'))[1]);
  if (slow === 1) assert.ok(peak < 400 << 10, `${peak} kB at the most`);
  else assert.ok(peak > 0);
});

test('no path is a way around a role', async () => {
  for (const where of ['/admin/../admin/people', '//admin/people', '/admin//people', '/%61dmin/people', '/admin/./people',
    '/admin/events/../people', '/admin/%2e%2e/admin/people', '/admin/people%00', '/admin/people/', '/admin/People', '/admin/people;x',
    '/admin/people%2f', '/admin%2fpeople', 'http://hooks.example/admin/people', '/admin/people#', '/ADMIN/people', '/admin/%70eople',
    '/admin\\people', '/admin/audit-log/', '/admin/admin.css/../people']) {
    const page = await get(where, jars.viewer);
    assert.ok([303, 403, 404].includes(page.status), `${where}: ${page.status}`);
    assert.doesNotMatch(page.body, /name="do" value="role"/, where);
  }
});

test('after a login and a choice of zone one stays here', async () => {
  for (const to of ['//evil.example', 'https://evil.example/', '/admin//evil.example', '/admin/\\evil.example', '/admin/..//evil.example',
    '/\\evil.example', 'javascript:alert(1)', '/admin/%0d%0aSet-Cookie:x=y', '/admin/x\r\nSet-Cookie: x=y', '/admin@evil.example',
    '/admin/\tx', '/administrator', '/admin/%2f%2fevil.example', '\u2028/admin/', '/admin/'.padEnd(5000, 'x')]) {
    const jar = await stranger('192.0.2.30');
    const answers = [
      await login(jar, 'viewer', { password: site.passwords.viewer, next: to }),
      await ask('POST', '/admin/view', { jar: jars.viewer, body: String(new URLSearchParams({ form_token: jars.viewer.token, zone: 'UTC', back: to })) }),
      await get(`/admin/login?next=${encodeURIComponent(to)}`, jars.viewer),
    ];
    for (const { status, location, head } of answers) {
      assert.equal(status, 303, to);
      assert.match(location, /^\/admin\//, to);
      assert.equal(new URL(location, `http://${HOST}`).origin, `http://${HOST}`, to);
      assert.doesNotMatch(head, /^Set-Cookie: x=/m, to);
    }
  }
});

test("nobody changes what is another's", async () => {
  const { admin, operator, viewer } = jars;
  assert.equal((await act(operator, '/filters', { name: 'mine', status: 'failed' })).status, 303);
  const id = site.home.one("SELECT id FROM saved_filter WHERE name = 'mine'");
  for (const other of [viewer, admin]) assert.equal((await act(other, `/filters/${id}/delete`)).status, 404);
  assert.equal(site.home.one("SELECT count(*) FROM saved_filter WHERE name = 'mine'"), 1);

  const theirs = site.home.one("SELECT substr(token, 1, 16) FROM login WHERE person = (SELECT id FROM person WHERE name = 'operator') LIMIT 1");
  await act(viewer, '/me/logins/end', { login: theirs });
  assert.equal((await operator.fetch(site.url('/me'))).status, 200, "another's login goes on");
  for (const wild of ['%%%%%%%%%%%%%%%%', '________________', '****************'])
    await act(operator, '/me/logins/end', { login: wild });
  assert.equal((await operator.fetch(site.url('/me'))).status, 200, 'a pattern is no login');

  const self = site.home.one("SELECT id FROM person WHERE name = 'admin'");
  for (const fields of [{ do: 'role', role: 'viewer' }, { do: 'disable' }])
    assert.notEqual((await act(admin, `/people/${self}`, fields)).status, 303, 'the last admin stays one');
  assert.equal(site.home.one(`SELECT count(*) FROM person WHERE id = ${self} AND role = 'admin' AND disabled_at IS NULL`), 1);
});

test('one-time codes reach no viewer, however one asks', async () => {
  const clerk = { data: { object: 'email', id: 'ema_1', slug: 'verification_code', user_id: 'user_coded', to_email_address: 'a@example.com',
    subject: `${CODE} is your code`, body: `<b>${CODE}</b> ${LETTERS}`, data: { otp_code: CODE } }, object: 'event', type: 'email.created' };
  const at = site.web.url('/webhooks/clerk');
  assert.equal((await send(at, 'clerk', site.home.secret.clerk, JSON.stringify(clerk))).status, 200);
  const id = site.home.one("SELECT id FROM event WHERE event_type = 'email.created'");
  for (const to of ['clerk', 'stripe', 'resend'])	// by mistake, and signed by nobody
    await post(site.web.url(`/webhooks/${to}`), { body: JSON.stringify(clerk), headers: { 'content-type': 'application/json',
      'svix-id': `msg_${to}`, 'svix-timestamp': String(Math.floor(Date.now() / 1000)), 'svix-signature': 'v1,AAAA' } });
  await until('it is indexed', () => site.home.one("SELECT value FROM mark WHERE name = 'indexed_to'") >= id, 30000);
  // The three signed by nobody, written half a second behind.
  const kept = await until('they are kept', () => {
    const rows = site.home.sql("SELECT id FROM quarantine WHERE body LIKE '%otp_code%'");
    return rows.length >= 3 && rows.map((row) => row.id);
  });
  const plain = ['/admin/events?lane=user_coded', '/admin/events.csv?provider=clerk', '/admin/events.ndjson?provider=clerk&with=body',
    `/admin/events/${id}`, `/admin/events/${id}?show=raw`, `/admin/events/${id}/body`, '/admin/quarantine',
    ...kept.flatMap((n) => [`/admin/quarantine/${n}`, `/admin/quarantine/${n}/body`])];
  for (const where of plain)
    for (const more of [{}, json]) {
      const got = await get(where, jars.viewer, more);
      assert.equal(got.status, 200, where);
      assert.ok(!got.text.includes(CODE) && !got.text.includes(LETTERS), `${where} tells a viewer the code`);
    }
  assert.ok((await get(`/admin/events/${id}`, jars.operator, json)).text.includes(CODE));
  for (const q of [CODE, LETTERS, LETTERS.slice(0, 4), `data.data.otp_code=${CODE}`])
    for (const where of [`/admin/search?q=${q}`, `/admin/events?q=${encodeURIComponent(q)}`, `/admin/events?path=${encodeURIComponent(q)}`]) {
      const got = await get(where, jars.viewer, json);
      assert.deepEqual(got.json?.rows ?? [], [], `${where} finds it`);
    }
});

test('odd questions are answered soon, and never by an error of ours', async () => {
  const odd = ['"', '""', 'a" OR "b', 'NEAR(a b)', 'a AND', 'NOT a', '*', 'a*', '^a', '{a b}:c', 'event_text:a', '-a', '(', '((((((((((', '%', '_%_',
    "'; DROP TABLE event; --", '\u0000', '\u0001', 'a\u0001b', '\ud83d\ude00'.repeat(50), 'é'.repeat(190), '\ufffe', '=', 'a=', '=b', '.=x', 'a..b=c',
    'a.b.c.d.e.f=1', `${'x.'.repeat(150)}y=1`, 'data=null', '0'.repeat(300), '9'.repeat(30), '#9223372036854775808', '-1', 'a '.repeat(190)];
  const raw = ['%ff%fe', '%', '%zz', '%00', '+', '&&&', '=', '%25%32%35'];
  const fields = ['q', 'path', 'type', 'lane', 'event_id', 'secret', 'since', 'until', 'provider', 'status', 'before', 'after'];
  const asked = [...odd.map((q) => `/admin/search?q=${encodeURIComponent(q)}`), ...raw.map((q) => `/admin/search?q=${q}`),
    ...odd.map((q, i) => `/admin/events?${fields[i % fields.length]}=${encodeURIComponent(q)}`),
    ...fields.flatMap((f) => raw.map((q) => `/admin/events?${f}=${q}`)),
    ...['until=9223372036854775807d', 'since=9999-12-31', 'since=0001-01-01', 'before=9223372036854775807', 'after=9223372036854775807', 'before=0',
      'before=9223372036854775808'].map((q) => `/admin/events?${q}`),
    ...['from=9999-12-31T00:00:00Z', 'range=%00', 'range=1e99'].map((q) => `/admin/dashboard?${q}`),
    ...['before=9223372036854775807', 'reason=%ff', 'since=99999999d'].map((q) => `/admin/quarantine?${q}`),
    ...['subject=%ff', 'action=%', 'who=%00', 'before=1&after=1'].map((q) => `/admin/audit-log?${q}`),
    `/admin/events?${'a=b&'.repeat(250)}`, `/admin/events?${'a=b&'.repeat(199)}`, `/admin/events?q=${'x'.repeat(50000)}`,
    `/admin/events/${'9'.repeat(400)}`, '/admin/events/-1', '/admin/events/0', '/admin/events/1e3', '/admin/events/0x10', `/admin/${'a/'.repeat(5000)}`];
  for (const where of asked) {
    await quick(where.slice(0, 200), 2500, async () => {
      const got = await get(where, jars.operator);
      assert.ok([200, 303, 400, 404, 413].includes(got.status), `${where.slice(0, 200)}: ${got.status}`);
      assert.doesNotMatch(got.body, /SQL|sqlite|fts5|syntax error/i, where.slice(0, 200));
    });
  }
  const many = String(new URLSearchParams(Array.from({ length: 201 }, (_, i) => [`f${i}`, '1'])));
  assert.equal((await ask('POST', '/admin/login', { jar: await stranger(), body: many })).status, 413);
  assert.equal((await ask('POST', '/admin/login', { jar: await stranger(), body: 'x'.repeat((1 << 20) + 1) })).status, 413);
});

test('looking changes nothing, and nothing private is kept on the way', async () => {
  const state = () => JSON.stringify(['event', 'person', 'saved_filter', 'audit_log', 'quarantine', 'attempt']
    .map((t) => site.home.one(`SELECT count(*) || ' ' || coalesce(max(rowid), 0) FROM ${t}`)));
  await site.home.settled();
  const had = state();
  for (const method of ['GET', 'HEAD'])
    for (const where of ['', '/events', '/events/1', '/events/1/body', '/events.csv?provider=clerk', '/events.ndjson?provider=clerk', '/events/retry?id=1',
      '/quarantine', '/samples', '/dashboard', '/people', '/audit-log', '/me', '/search?q=x', '/login']) {
      const got = await ask(method, `/admin${where}`, { jar: jars.admin });
      assert.ok([200, 303].includes(got.status), `${method} ${where}: ${got.status}`);
      assert.match(got.head, /^Cache-Control: no-store\r?$/m, where);
      assert.match(got.head, /^X-Content-Type-Options: nosniff\r?$/m, where);
      if (method === 'HEAD') assert.equal(got.body, '', where);
    }
  for (const where of ['/logout', '/events/1/retry', '/events/1/resolve', '/filters/1/delete'])
    assert.equal((await get(`/admin${where}?form_token=${jars.admin.token}`, jars.admin)).status, 405, where);
  assert.equal(state(), had);
});

test('a login that was there before is not the one after', async () => {
  const jar = await stranger('192.0.2.40');
  const planted = randomBytes(32).toString('hex');
  jar.cookies.set('hk_login', planted);
  assert.equal((await login(jar, 'viewer', { password: site.passwords.viewer })).status, 303);
  assert.notEqual(jar.cookies.get('hk_login'), planted);
  const thief = new Jar();
  thief.cookies.set('hk_login', planted);
  assert.equal((await get('/admin/me', thief)).status, 303);
  // Nor is the database's token a cookie.
  thief.cookies.set('hk_login', site.home.one('SELECT token FROM login LIMIT 1'));
  assert.equal((await get('/admin/me', thief)).status, 303);
  // A name that the web server did not say is nobody's.
  for (const more of [{ REMOTE_USER: 'admin' }, { HTTP_REMOTE_USER: 'admin' }, { HTTP_X_REMOTE_USER: 'admin' }, { HTTP_AUTHORIZATION: 'Basic YWRtaW46eA==' }])
    assert.equal((await get('/admin/people', new Jar(), more)).status, 303, JSON.stringify(more));
});

test('a sample that a forged host sends elsewhere is told by the audit log', async () => {
  let asked = 0;
  const trap = net.createServer((s) => { asked++; s.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'); });
  await new Promise((done) => trap.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${trap.address().port}`;
  try {
    await ask('POST', '/admin/samples/send', { jar: jars.operator, more: { HTTP_HOST: host, HTTP_ORIGIN: `http://${host}` },
      body: String(new URLSearchParams({ form_token: jars.operator.token, provider: 'stripe', type: 'invoice.paid' })) });
    assert.equal(asked, 1);
    assert.equal(site.home.one(`SELECT count(*) FROM audit_log WHERE action = 'sample.send' AND who = 'operator' AND after LIKE '%"to":"http://${host}/webhooks/stripe"%'`), 1);
    for (const bad of ['evil.example/x?', 'a@b', '127.0.0.1:99999', 'x\r\ny', '--url', 'a b'])
      assert.notEqual((await ask('POST', '/admin/samples/send', { jar: jars.operator, more: { HTTP_HOST: bad, HTTP_SEC_FETCH_SITE: 'same-origin' },
        body: String(new URLSearchParams({ form_token: jars.operator.token, provider: 'stripe', type: 'invoice.paid' })) })).status, 303, bad);
  } finally {
    trap.close();
  }
});

test('no secret and no password in the log', () => {
  const log = site.home.logText();
  for (const secret of [...Object.values(site.passwords), ...Object.values(site.home.secret), CODE, ...jars.admin.cookies.values(), jars.admin.token])
    assert.ok(!log.includes(secret), secret.slice(0, 6));
  assert.doesNotMatch(log, /[\x00-\x08\x0b-\x1f\x7f]/);
});
