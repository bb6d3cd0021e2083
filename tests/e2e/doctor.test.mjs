// `hookkeeper doctor` in installations that were broken on purpose, one way each:
// it names the cause, and says nothing bad of one that is well.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { Home, randomId, until } from './lib/home.mjs';
import { Site } from './lib/admin.mjs';
import { apache, freePort, lighttpd, lighttpdSockets, nginx, spawned } from './lib/servers.mjs';
import { checkout, request, signed, stripeEvent } from './lib/senders.mjs';

const bearer = randomId(40);

async function installed({ settings } = {}) {
  const home = new Home({ settings });
  fs.chmodSync(path.dirname(home.db), 0o700);
  home.write(home.conf, `${fs.readFileSync(home.conf, 'utf8')}\n[custom shop]\nscheme = bearer\nsecrets = ${bearer}\n`);
  const made = home.hk(['init', '--mode', 'test', '--no-admin']);
  assert.equal(made.status, 0, made.err);
  return home;
}
const conf = (home, change) => home.write(home.conf, change(fs.readFileSync(home.conf, 'utf8')));
const fresh = () => stripeEvent('customer.created', { id: `cus_${randomId(14)}`, object: 'customer' });
const paid = () => stripeEvent('checkout.session.completed', checkout({ user: 'user_1', credits: 1 }));
const post = (web, home, { at, body = fresh().body } = {}) =>
  request(web.url('/webhooks/stripe'), { body, headers: signed('stripe', home.secret.stripe, body, at ? { at } : {}), keep: false });

// Something of the owner's between the world and us: relay() may change what it hands on.
async function proxy(home, to, relay) {
  const port = await freePort();
  const server = http.createServer((rq, answer) => {
    const parts = [];
    rq.on('data', (d) => parts.push(d));
    rq.on('end', () => {
      const request = { path: rq.url, headers: { ...rq.headers }, body: Buffer.concat(parts) };
      relay(request);
      const { 'content-length': _, ...headers } = request.headers;
      const on = http.request(to.url(request.path), { method: rq.method, headers: { ...headers, 'content-length': request.body.length } }, (back) => {
        answer.writeHead(back.statusCode, back.headers);
        back.pipe(answer);
      });
      on.on('error', () => answer.destroy());
      on.end(request.body);
    });
  });
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  home.proxies = [...(home.proxies ?? []), server];
  return { url: (where) => `http://127.0.0.1:${port}${where}` };
}

// { break: what was done, returns the web server where there is one; says: [state, name, words] }
const broken = {
  'a setting that does not exist': { break: (home) => conf(home, (text) => `${text}\n[stripe]\nsecretz = x\n`), says: ['fail', 'settings', /secretz/] },
  'certificate authorities that are not there': {
    break: (home) => conf(home, (text) => `${text}\n[outbox]\nca_file = nowhere.pem\n`), says: ['fail', 'authorities', /\/nowhere\.pem: .*\[outbox\] ca_file/],
  },
  'no mode': { break: (home) => conf(home, (text) => text.replace(/^mode.*$/m, '')), says: ['fail', 'settings', /mode/] },
  'settings that others can read': { break: (home) => fs.chmodSync(home.conf, 0o644), says: ['fail', 'settings', /others can read or own: chmod 600/] },
  'a folder that anybody can change': { break: (home) => fs.chmodSync(path.dirname(home.db), 0o777), says: ['fail', 'folder', /anybody can change it: chmod 0700/] },
  'no database': { break: (home) => fs.rmSync(home.db), says: ['fail', 'database', /hookkeeper\.db/] },
  'a file that is no database': { break: (home) => home.write(home.db, 'x'.repeat(20000)), says: ['fail', 'database', /not a hookkeeper database|not a database/i] },
  'a database of a newer version': { break: (home) => home.change('PRAGMA user_version = 999'), says: ['fail', 'database', /newer/] },
  'a table that somebody dropped': { break: (home) => home.change('DROP TABLE quarantine'), says: ['fail', 'statements', /quarantine/] },
  'a rollback journal, as on a network file system': { break: (home) => home.change('PRAGMA journal_mode = DELETE'), says: ['warn', 'journal', /network file system/] },
  'Stripe\'s API key for its signing secret': {
    break: (home) => conf(home, (text) => text.replace(home.secret.stripe, `sk_test_${randomId(24)}`)), says: ['fail', 'secrets', /\[stripe\].*secret API key/] },
  'Clerk\'s secret for Stripe\'s': {
    break: (home) => conf(home, (text) => text.replace(home.secret.stripe, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa+w')), says: ['fail', 'secrets', /\[stripe\].*Clerk or Resend/] },
  'a secret that is not base64': {
    break: (home) => conf(home, (text) => text.replace(home.secret.clerk, 'whsec_***not*base64***')), says: ['fail', 'clerk', /base64/] },
  'one secret for two senders': { break: (home) => conf(home, (text) => text.replace(home.secret.resend, home.secret.clerk)), says: ['fail', 'secrets', /\[clerk\] and \[resend\] have the same/] },
  'no secret at all': { break: (home) => conf(home, (text) => text.replaceAll(/^secrets = .*$/mg, '')), says: ['fail', 'secrets', /no sender has a secret/] },
  'a test\'s secret in live mode': {
    break: (home) => conf(home, (text) => text.replace('mode = test', 'mode = live').replace(home.secret.stripe, `test=${home.secret.stripe}`)), says: ['warn', 'secrets', /test's by its label/] },
  'programs of another version': {
    break: (home) => {
      const file = path.join(home.bin, 'clerk.fcgi'), bytes = fs.readFileSync(file), at = bytes.indexOf('@(#)hookkeeper ');
      assert.ok(at > 0);
      bytes.write('9.9.9', at + '@(#)hookkeeper '.length);
      fs.writeFileSync(file, bytes);
    }, says: ['fail', 'programs', /clerk\.fcgi is version 9\.9\.9/] },
  'a web server that does not run': { break: async () => { const port = await freePort(); return { url: (p) => `http://127.0.0.1:${port}${p}` }; }, says: ['fail', 'reach', /does the web server run/] },
  'a web server that knows nothing of us': {
    break: (home) => nginx(home, '/nowhere', { site: () => '' }), says: ['fail', 'reach', /\/webhooks\/stripe answers 40[45].*(not included|handler)/] },
  'programs that are not started': { break: (home) => nginx(home, path.join(home.dir, 'run')), says: ['fail', 'reach', /answers 502.*no running program/] },
  'mod_fcgid\'s limit of 128 KB': {
    break: async (home) => { const web = await apache(home, { ways: ['fcgid'], host: '', alter: (text) => text.replace(/^\tFcgidMaxRequestLen.*$/m, '') }); return { url: (p) => web.url('fcgid', p) }; },
    says: ['fail', 'reach', /500 to 200 KB.*FcgidMaxRequestLen/] },
  'nginx\'s own limit of bodies': {
    break: async (home) => { home.sockets = await spawned(home); return nginx(home, home.sockets.run, { site: (text) => text.replace('client_max_body_size 2m', 'client_max_body_size 300k') }); },
    says: ['fail', 'reach', /413 to 1 MB.*client_max_body_size/] },
  'Authorization kept by Apache': {
    break: async (home) => { const web = await apache(home, { ways: ['cgi'], htaccess: (text) => text.replaceAll('CGIPassAuth On', '') }); return { url: (p) => web.url('cgi', p) }; },
    says: ['fail', 'authorization', /CGIPassAuth On/] },
  'programs that may not be run': {
    break: async (home) => { const web = await apache(home, { ways: ['cgi'], htaccess: (text) => text.replace('Options +ExecCGI', 'Options -ExecCGI') }); return { url: (p) => web.url('cgi', p) }; },
    says: ['fail', 'reach', /answers 403.*ExecCGI/] },
  'a login before the receivers': {
    break: async (home) => {
      home.sockets = await spawned(home);
      return nginx(home, home.sockets.run, { site: (text) => `auth_basic "site";\nauth_basic_user_file /dev/null;\n${text}` });
    }, says: ['fail', 'reach', /answers 401.*asks for a login/] },
  'a redirection': {
    break: async (home) => nginx(home, '/nowhere', { site: () => 'location / { return 301 https://www.example.org$request_uri; }' }),
    says: ['fail', 'reach', /answers 301.*www\.example\.org.*do not follow/] },
  'a secret that was changed while programs ran': {
    break: async (home) => {
      home.sockets = await spawned(home);
      const web = await lighttpdSockets(home, home.sockets.run);
      await until('it runs', async () => (await request(web.url('/webhooks/stripe'), { method: 'GET', keep: false })).status === 200);
      conf(home, (text) => text.replace(home.secret.stripe, `whsec_${randomId(32)}`));
      return web;
    }, says: ['fail', 'reach', /no_match.*start the receivers anew/] },
  'a proxy that drops signatures': {
    break: async (home) => proxy(home, await lighttpd(home), (rq) => { delete rq.headers['stripe-signature']; }), says: ['fail', 'reach', /missing_signature.*drops its header fields/] },
  'a proxy that changes large bodies': {
    break: async (home) => proxy(home, await lighttpd(home), (rq) => { if (rq.body.length > 1000) rq.body = rq.body.subarray(0, 1000); }),
    says: ['fail', 'reach', /webhooks\/stripe.*10 bytes.*200 KB.*changed on its way/] },
  'another program at our address': {
    break: async (home) => nginx(home, '/nowhere', { site: () => 'location / { default_type application/json; return 200 \'{"ok":true}\'; }' }),
    says: ['fail', 'reach', /another program is at this address/] },
  'settings that anybody can fetch': {
    break: async (home) => {
      home.sockets = await spawned(home);
      return nginx(home, home.sockets.run, { site: (text) => `${text.slice(0, text.indexOf('location ~* /(hookkeeper'))}\nlocation / { root ${home.dir}; }` });
    }, says: ['fail', 'shown', /anybody can fetch .*hookkeeper\.conf at http/] },
  'a database that anybody can fetch': {
    break: async (home) => {
      home.sockets = await spawned(home);
      return nginx(home, home.sockets.run, { site: (text) => `${text.slice(0, text.indexOf('location ~* /(hookkeeper'))}\nlocation / { root ${home.dir}; }` });
    }, says: ['fail', 'shown', /anybody can fetch .*hookkeeper\.db at http.*\/data\/hookkeeper\.db/] },
  'a folder that a web server shows': { break: (home) => home.write(path.join(path.dirname(home.db), 'index.html'), 'x'), says: ['warn', 'place', /looks like a folder that a web server shows/] },
  'a clock that is off': {
    break: async (home) => { const web = await lighttpd(home); assert.equal((await post(web, home, { at: Math.floor(Date.now() / 1000) - 150 })).status, 200); },
    says: ['warn', 'clock', /NTP/] },
  'events of the other mode': {
    break: async (home) => { const web = await lighttpd(home); assert.equal((await post(web, home, { body: fresh().body.replace('"livemode": false', '"livemode": true') })).status, 200); },
    says: ['warn', 'mode', /ignored.*other mode/] },
  'refused requests': {
    break: async (home) => {
      const web = await lighttpd(home), { body } = fresh();
      assert.equal((await request(web.url('/webhooks/stripe'), { body, headers: signed('stripe', `whsec_${randomId(32)}`, body), keep: false })).status, 400);
      await until('it is kept', () => home.one('SELECT count(*) FROM quarantine') === 1);
    }, says: ['warn', 'refused', /no_match/] },
  'nobody who works': {
    settings: { hookkeeper: { work_after_reply: 'off' } },
    break: async (home) => { const web = await lighttpd(home); assert.equal((await post(web, home, { body: paid().body })).status, 200); home.change("UPDATE event SET next_attempt_at = next_attempt_at - 600000000"); },
    says: ['warn', 'queue', /is due since.*cron/] },
  'cron that has stopped': {
    break: (home) => {
      assert.equal(home.hk(['worker', '--once']).status, 0);
      const file = path.join(path.dirname(home.db), 'worker.once'), then = Date.now() / 1000 - 3600;
      fs.utimesSync(file, then, then);
    }, says: ['warn', 'worker', /crontab -l/] },
  'events that failed': {
    break: async (home) => { const web = await lighttpd(home); assert.equal((await post(web, home)).status, 200); await until('it is worked', () => home.one("SELECT count(*) FROM event WHERE status = 'completed'") === 1); home.change("UPDATE event SET status = 'failed', outcome = NULL"); },
    says: ['warn', 'failed', /events retry/] },
};

async function examined(home, web) {
  const run = await home.hkAsync(['doctor', '--json', ...(web?.url ? ['--url', web.url('')] : [])]);
  assert.ok([0, 1].includes(run.status), `${run.status} ${run.err}`);
  const { checks } = JSON.parse(run.out);
  assert.equal(run.status === 1, checks.some((check) => check.state === 'fail'));
  for (const secret of Object.values(home.secret)) assert.ok(!run.out.includes(secret), 'a secret is shown');
  return checks;
}
const shown = (checks) => checks.map((check) => `${check.state} ${check.name}: ${check.text}`).join('\n');
async function closed(home) {
  for (const server of home.proxies ?? []) { server.closeAllConnections(); server.close(); }
  await home.sockets?.stop();
  await home.close();
}

assert.ok(Object.keys(broken).length >= 20);
for (const [what, { settings, break: damage, says: [state, name, words] }] of Object.entries(broken))
  test(`it finds: ${what}`, async () => {
    const home = await installed({ settings });
    try {
      const web = await damage(home);
      const checks = await examined(home, web);
      assert.ok(checks.some((check) => check.state === state && check.name === name && words.test(check.text)), shown(checks));
    } finally {
      await closed(home);
    }
  });

test('of an installation that is well it says nothing bad, and leaves no trace', async () => {
  const home = await installed();
  try {
    for (const web of [await lighttpd(home), await (async () => { const one = await apache(home, { ways: ['htaccess-fcgid'] }); return { url: (p) => one.url('htaccess-fcgid', p) }; })()]) {
      const checks = await examined(home, web);
      assert.deepEqual(checks.filter((check) => check.state !== 'ok'), [], shown(checks));
      assert.equal(checks.filter((check) => check.name === 'reach').length, 4);
    }
    assert.equal(home.one('SELECT count(*) FROM event'), 0);
    assert.equal(home.one('SELECT count(*) FROM quarantine'), 0);
  } finally {
    await closed(home);
  }
});

test('a probe is answered only when a secret has signed it, and an event that begins so is none', async () => {
  const home = await installed();
  try {
    const web = await lighttpd(home), body = 'hookkeeper and more';
    const good = await request(web.url('/webhooks/stripe'), { body, headers: { ...signed('stripe', home.secret.stripe, body), 'x-hookkeeper-probe': 'as it is' } });
    assert.deepEqual(good.json, { probe: true, version: '0.1.0', bytes: body.length, echo: 'as it is' });
    for (const headers of [{}, signed('stripe', `whsec_${randomId(32)}`, body), signed('stripe', home.secret.stripe, `${body}!`)]) {
      const answer = await request(web.url('/webhooks/stripe'), { body, headers });
      assert.equal(answer.status, 400);
      assert.equal(answer.text.trimEnd(), '{"error":"Invalid signature"}');
    }
  } finally {
    await closed(home);
  }
});

test('the page says the same, to operators, and tries the site when it is asked to', async () => {
  const site = await Site.open({ worker: true });
  try {
    fs.chmodSync(path.dirname(site.home.db), 0o700);
    const viewer = await site.session('viewer'), operator = await site.session('operator');
    assert.equal((await viewer.fetch(site.url('/doctor'))).status, 403);
    const page = await operator.fetch(site.url('/doctor'));
    const text = await page.text();
    assert.equal(page.status, 200, text);
    for (const words of ['settings file', 'one is running and works events off', 'mode 0600']) assert.ok(text.includes(words), words);
    assert.ok(!text.includes('arrive unchanged'), 'it tried the site unasked');
    const tried = await operator.post(site.url('/doctor'), { form_token: operator.token });
    const answer = await tried.text();
    assert.equal(tried.status, 200, answer);
    for (const name of ['stripe', 'clerk', 'resend']) assert.ok(answer.includes(`/webhooks/${name}: signed bodies up to 1 MB arrive unchanged`), name);
    assert.ok(answer.includes('cannot be fetched'));
    const json = await (await operator.fetch(site.url('/doctor'), { headers: { accept: 'application/json' } })).json();
    assert.ok(json.checks.every((check) => ['ok', 'warn', 'fail'].includes(check.state) && check.text));
    for (const secret of Object.values(site.home.secret)) assert.ok(!answer.includes(secret));
    fs.chmodSync(path.dirname(site.home.db), 0o770);
    assert.match(await (await operator.fetch(site.url('/doctor'))).text(), /its group can change it/);
    assert.equal((await viewer.post(site.url('/doctor'), { form_token: viewer.token })).status, 403);
  } finally {
    await site.close();
  }
});
