// Every way of running the programs, each by the file that is shipped for it, with
// real servers of an ordinary user: what a site needs works through all of them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Home, randomId, root, slow, until } from './lib/home.mjs';
import { Jar } from './lib/admin.mjs';
import { listen, roomToken } from './lib/listen.mjs';
import { checkout, clerkUser, request, resendEmail, send, signed, stripeEvent } from './lib/senders.mjs';
import { activated, apache, lighttpd, lighttpdSockets, nginx, spawned } from './lib/servers.mjs';

const key = randomBytes(32).toString('base64');
const bearer = randomId(40);
const home = new Home({ settings: { hookkeeper: { key } } });
home.write(home.conf, `${fs.readFileSync(home.conf, 'utf8')}\n[custom shop]\nscheme = bearer\nsecrets = ${bearer}\n`);

const at = {};	// way: path => URL
let token, password, user, sockets;
const www = path.join(home.dir, 'www');

// What must never be in a web server's folder, and is there all the same.
const misplaced = ['hookkeeper.conf', 'hookkeeper.where', 'hookkeeper.db', 'hookkeeper.db-wal', 'data.sqlite', 'site.pem', 'seal.key'];

before(async () => {
  assert.equal(home.hk(['init', '--mode', 'test', '--no-admin']).status, 0);
  for (const name of misplaced) home.write(path.join(www, name), 'SECRET');
  password = JSON.parse(home.hk(['admin', 'add', 'ada', '--role', 'operator', '--json']).out).password;
  token = home.token();

  const own = await lighttpd(home);
  at['lighttpd, bin-path'] = own.url;
  sockets = await spawned(home);
  at['lighttpd, spawn-fcgi sockets'] = (await lighttpdSockets(home, sockets.run)).url;
  at['nginx, spawn-fcgi sockets'] = (await nginx(home, sockets.run)).url;
  const woken = await activated(home);
  at['nginx, systemd sockets'] = (await nginx(home, woken.run)).url;
  const two = await apache(home, { ways: ['fcgid', 'htaccess-fcgid', 'sockets'], sockets_in: sockets.run });
  const three = await apache(home, { ways: ['cgi'] });
  const four = await apache(home, { ways: ['cgi'], prefork: true });
  const five = await apache(home, { ways: ['htaccess-fcgid'], prefork: true });
  Object.assign(at, {
    'Apache, mod_fcgid': (p) => two.url('fcgid', p),
    'Apache, mod_fcgid by .htaccess alone': (p) => two.url('htaccess-fcgid', p),
    'Apache, mod_fcgid by .htaccess alone, prefork': (p) => five.url('htaccess-fcgid', p),
    'Apache, mod_proxy_fcgi': (p) => two.url('sockets', p),
    'Apache, mod_cgid by .htaccess': (p) => three.url('cgi', p),
    'Apache, mod_cgi by .htaccess': (p) => four.url('cgi', p),
  });
  for (const name of misplaced) {
    const there = path.join(home.dir, 'site', name);
    home.write(there, 'SECRET');
  }
  home.write(path.join(home.dir, 'site/hookkeeper.where'), `${home.conf}\n`);

  const made = clerkUser(`user_${randomId(20)}`);
  assert.equal((await send(own.url('/webhooks/clerk'), 'clerk', home.secret.clerk, made.body)).status, 200);
  user = { clerk: made.user, id: await until('a user', () => home.one(`SELECT id FROM site_user WHERE clerk_id = '${made.user}'`)) };
});
after(async () => {
  await sockets?.stop();
  await home.close();
});

const receivers = {
  stripe: { path: '/webhooks/stripe', refused: 400,
    fresh: () => stripeEvent('customer.created', { id: `cus_${randomId(14)}`, object: 'customer' }) },
  clerk: { path: '/webhooks/clerk', refused: 401, fresh: () => ({ id: `msg_${randomId()}`, body: clerkUser().body }) },
  resend: { path: '/webhooks/resend', refused: 401, fresh: () => ({ id: `msg_${randomId()}`, body: resendEmail().body }) },
  custom: { path: '/webhooks/custom/shop', refused: 401, fresh: () => ({ body: JSON.stringify({ order: randomId() }) }) },
};
const fields = (name, { id, body }) => (name === 'custom'
  ? { 'content-type': 'application/json', authorization: `Bearer ${bearer}` } : signed(name, home.secret[name], body, { id }));
const padded = (event, bytes) => ({ ...event, body: event.body.padEnd(bytes, ' ') });

async function receiver(url, name) {
  const { refused, fresh } = receivers[name], event = fresh();
  const get = await request(url, { method: 'GET', keep: false });
  assert.equal(get.status, 200, get.text);
  assert.equal(typeof get.json.message, 'string');

  const first = await request(url, { body: event.body, headers: fields(name, event) });
  assert.equal(first.status, 200, first.text);
  assert.deepEqual(first.json, { received: true, id: first.json.id, duplicate: false });
  assert.equal(home.body(first.json.id).toString(), event.body);
  const again = await request(url, { body: event.body, headers: fields(name, event) });
  assert.deepEqual(again.json, { received: true, id: first.json.id, duplicate: true });

  const forged = name === 'custom' ? { 'content-type': 'application/json', authorization: `Bearer ${randomId(40)}` }
    : signed(name, `whsec_${Buffer.from(randomId(32)).toString('base64')}`, event.body, event);
  const refusal = await request(url, { body: event.body, headers: forged });
  assert.equal(refusal.status, refused, refusal.text);
  assert.equal(refusal.text.trimEnd(), '{"error":"Invalid signature"}');

  for (const bytes of [131072, 131073, 200000]) {
    const large = padded(fresh(), bytes);
    const taken = await request(url, { body: large.body, headers: fields(name, large) });
    assert.equal(taken.status, 200, `${bytes} bytes: ${taken.status} ${taken.text.slice(0, 300)}`);
    assert.equal(home.body(taken.json.id).toString(), large.body, `${bytes} bytes`);
  }
  const over = padded(fresh(), 1048577);
  const much = await request(url, { body: over.body, headers: fields(name, over) });
  assert.equal(much.status, 413, much.text.slice(0, 300));
  assert.equal(typeof much.json.error, 'string', 'not our answer');
}

// As cron does, for who has waited long: a plain CGI program works for a moment only.
const cron = (from) => {
  if (Date.now() - from > 3000) assert.ok([0, 69].includes(home.hk(['worker', '--once']).status));
  return false;
};

async function pages(url) {
  const jar = new Jar();
  const field = (text) => /name="form_token" value="([^"]+)"/.exec(text)?.[1];
  const form = await (await jar.fetch(url('/admin/login'))).text();
  const done = await jar.post(url('/admin/login'), { form_token: field(form), name: 'ada', password });
  assert.equal(done.status, 303, await done.text());
  // A payment that nobody can be found for fails, until somebody works it again.
  const event = stripeEvent('checkout.session.completed', checkout({ credits: 5, client_reference_id: null, customer: null, metadata: {} }));
  const { json } = await send(url('/webhooks/stripe'), 'stripe', home.secret.stripe, event.body);
  const attempts = () => home.one(`SELECT count(*) FROM attempt JOIN event ON event.id = attempt.event
    WHERE event.id = ${json.id} AND status = 'failed'`);
  const from = Date.now();
  await until('it has failed', () => attempts() === 1 || cron(from), 20000);
  const page = await (await jar.fetch(url(`/admin/events/${json.id}`))).text();
  assert.ok(page.includes(event.id), page.slice(0, 500));
  const retry = await jar.post(url(`/admin/events/${json.id}/retry`), { form_token: field(page) });
  assert.equal(retry.status, 303, await retry.text());
  // The next event's slice works it, or cron does.
  const next = receivers.stripe.fresh();
  assert.equal((await send(url('/webhooks/stripe'), 'stripe', home.secret.stripe, next.body)).status, 200);
  assert.ok([0, 69].includes(home.hk(['worker', '--once']).status));
  await until('it was worked again', () => attempts() === 2);
}

async function tokens(url) {
  const ask = (headers) => request(url('/api/v1/users'), { method: 'GET', headers });
  const one = await ask({ authorization: `Bearer ${token.token}` });
  assert.equal(one.status, 200, one.text);
  assert.ok(one.json.data.some((row) => row.id === user.id));
  assert.equal((await ask({ 'x-hookkeeper-token': token.token })).status, 200);
  assert.equal((await ask({})).status, 401);
  const health = await request(url('/healthz'), { method: 'GET' });
  assert.equal(health.json.status, 'ok');
}

// As a browser: on and on, until it has heard of the change of a name.
async function stream(url) {
  const name = `Ada-${randomId(8)}`, where = () => url(`/stream?token=${roomToken(key, user.id)}`);
  let ear = await listen(where());
  assert.equal(ear.status, 200);
  await until('its place', () => ear.parser.last);
  const heard = () => ear.heard.some((event) => event.type === 'user.updated' && event.data.includes(name));
  const body = clerkUser(user.clerk, 'user.updated').body.replace('"Ada"', JSON.stringify(name));
  assert.equal((await send(url('/webhooks/clerk'), 'clerk', home.secret.clerk, body)).status, 200);
  const from = Date.now();
  await until('it was heard', async () => {
    if (heard()) return true;
    if (!ear.whole) return cron(from);
    ear = await listen(where(), { last: ear.parser.last });
    await Promise.race([ear.over, new Promise((done) => setTimeout(done, 300))]);
    return heard();
  }, 20000);
  ear.cut();
}

for (const way of [
  'lighttpd, bin-path', 'lighttpd, spawn-fcgi sockets', 'nginx, spawn-fcgi sockets', 'nginx, systemd sockets',
  'Apache, mod_fcgid', 'Apache, mod_fcgid by .htaccess alone', 'Apache, mod_fcgid by .htaccess alone, prefork',
  'Apache, mod_proxy_fcgi', 'Apache, mod_cgid by .htaccess', 'Apache, mod_cgi by .htaccess',
])
  describe(way, () => {
    for (const [name, { path: where }] of Object.entries(receivers))
      test(`${name}: valid, repeated, forged, GET, 200 KB, too large`, () => receiver(at[way](where), name));
    test('the pages: log in, and work an event again', () => pages(at[way]));
    test('the interface, by a token', () => tokens(at[way]));
    test('the stream', () => stream(at[way]));
    test('what lies in the web server\'s folder by mistake is not given away', async () => {
      for (const name of misplaced) {
        const answer = await request(at[way](`/${name}`), { method: 'GET', keep: false });
        assert.ok([403, 404].includes(answer.status), `${name}: ${answer.status}`);
        assert.ok(!answer.text.includes('SECRET') && !answer.text.includes(home.conf), name);
      }
    });
  });

test('every other pretty address comes to its program, through each web server', async () => {
  const places = { '/api/webhooks/stripe': 'Stripe', '/checkout-webhook': 'Stripe', '/api/webhooks/clerk': 'Clerk',
    '/api/webhook/clerk': 'Clerk', '/signup-webhook': 'Clerk', '/api/webhooks/resend': 'Resend', '/webhooks/resend/': 'Resend' };
  for (const way of Object.keys(at))
    for (const [where, title] of Object.entries(places)) {
      const answer = await request(at[way](where), { method: 'GET' });
      assert.equal(answer.status, 200, `${way} ${where}`);
      assert.match(answer.json.message, new RegExp(title), `${way} ${where}`);
    }
});

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
test('systemd takes the units', { skip: analyze ? false : 'there is no systemd-analyze here' }, () => {
  const dir = home.folder('units');
  for (const name of fs.readdirSync(path.join(root, 'cgi-bin')).filter((file) => /\.(service|socket)$/.test(file))) {
    const text = fs.readFileSync(path.join(root, 'cgi-bin', name), 'utf8')
      .replaceAll('/usr/local/lib/hookkeeper', home.bin).replaceAll('/usr/local/bin', home.bin);
    for (const instance of name.includes('@') ? ['stripe', 'stream'] : [''])
      fs.writeFileSync(path.join(dir, name.replace('@', `@${instance}`)), text);
  }
  const units = fs.readdirSync(dir).map((file) => path.join(dir, file));
  assert.ok(units.length >= 5, units.join(' '));
  const run = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8', timeout: 60000 * slow });
  const ours = `${run.stdout}${run.stderr}`.split('\n').filter((line) => line.includes('hookkeeper'));
  assert.deepEqual(ours, []);
  assert.equal(run.status, 0, run.stderr);
});

test('the line for cron works what is due off, and two of them are one', async () => {
  const line = fs.readFileSync(path.join(root, 'cgi-bin/crontab'), 'utf8').split('\n').find((text) => text.startsWith('* * * * * '));
  const there = path.join(home.dir, 'hookkeeper');
  fs.mkdirSync(path.join(there, 'bin'), { recursive: true });
  fs.copyFileSync(path.join(home.bin, 'hookkeeper'), path.join(there, 'bin/hookkeeper'));
  fs.copyFileSync(home.conf, path.join(there, 'hookkeeper.conf'));
  if (process.getuid() === 0) home.give(there);
  const cron = () => home.start('sh', ['-c', line.slice('* * * * * '.length)], { env: { HOME: home.dir }, stdio: ['ignore', 'pipe', 'pipe'] });
  const runs = [cron(), cron(), cron()];
  let said = '';
  for (const run of runs) { run.stdout.on('data', (d) => { said += d; }); run.stderr.resume(); }
  const codes = await Promise.all(runs.map((run) => run.gone.then(({ code }) => code)));
  assert.ok(codes.includes(0) && codes.every((code) => code === 0 || code === 69), codes.join(' '));
  assert.equal(said, '');
  assert.equal(home.one(`SELECT count(*) FROM event WHERE status = 'pending' AND next_attempt_at <= ${Date.now() * 1000 - 60e6}`), 0);
});
