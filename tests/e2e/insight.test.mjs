// What the pages tell of what came in: a sample sent from its page and found
// again by search, a refused request taken in after its secret was entered, the
// dashboard's figures, with and without a worker.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { Site } from './lib/admin.mjs';
import { until } from './lib/home.mjs';
import { request, signed } from './lib/senders.mjs';
import { lighttpd } from './lib/servers.mjs';

let site, operator, viewer;
before(async () => {
  site = await Site.open();
  operator = await site.session('operator');
  viewer = await site.session('viewer');
});
after(() => site?.close());

const json = async (jar, where) => {
  const answer = await jar.fetch(site.url(where), { headers: { accept: 'application/json' } });
  assert.equal(answer.status, 200, `${where}: ${answer.status}`);
  return answer.json();
};
const sendSample = (provider, type) =>
  operator.post(site.url('/samples/send'), { form_token: operator.token, provider, type });
const indexed = (id) => until(`event ${id} is indexed`, () =>
  site.home.one("SELECT value FROM mark WHERE name = 'indexed_to'") >= id);

test('a sample of each kind is sent from its page, and is an event', async () => {
  for (const [provider, type] of [['clerk', 'user.created'], ['stripe', 'checkout.session.completed'], ['resend', 'email.bounced']]) {
    const page = await (await operator.fetch(site.url(`/samples?provider=${provider}`))).text();
    assert.ok(page.includes(`value="${type}"`), `${type} has a button`);
    const answer = await sendSample(provider, type);
    assert.equal(answer.status, 303, await answer.text());
    const [, id] = /^\/admin\/events\/(\d+)\?said=sent&n=200$/.exec(answer.headers.get('location')) ??
      assert.fail(answer.headers.get('location'));
    assert.equal(site.home.one(`SELECT event_type FROM event WHERE id = ${id}`), type);
    assert.match(await (await operator.fetch(new URL(answer.headers.get('location'), site.url()))).text(), /Sent, and answered 200/);
  }
  await site.home.settled();
  assert.equal(site.home.one("SELECT count(*) FROM audit_log WHERE action = 'sample.send' AND who = 'operator'"), 3);
});

test('what a viewer may not: send, and see the button', async () => {
  const page = await (await viewer.fetch(site.url('/samples?provider=stripe'))).text();
  assert.ok(!page.includes('<button class="small" name="type"'));
  assert.equal((await viewer.post(site.url('/samples/send'), { form_token: viewer.token, provider: 'stripe', type: 'invoice.paid' })).status, 403);
});

test('the worker indexes what came; it is found by its text', async () => {
  const id = site.home.one("SELECT id FROM event WHERE event_type = 'user.created'");
  const address = JSON.parse(site.home.body(id)).data.email_addresses[0].email_address;
  await indexed(site.home.one('SELECT max(id) FROM event'));
  const found = await json(viewer, `/events?q=${encodeURIComponent(address)}`);
  assert.ok(found.rows.some((row) => row.id === id), JSON.stringify(found.rows));
  assert.equal((await json(viewer, '/events?q=certainly_not_there')).rows.length, 0);
});

test('the dashboard counts them', async () => {
  await until('all are counted', () => site.home.one("SELECT sum(times) FROM rollup WHERE what = 'received' AND step = 3600000000") >= 3);
  for (const range of ['1h', '24h', '7d', '30d']) {
    const doc = await json(viewer, `/dashboard?range=${range}`);
    assert.equal(doc.sum.received, site.home.one('SELECT count(*) FROM event'), range);
    assert.ok(doc.sum.p50_us > 0, range);
    assert.equal(doc.providers.length, 3);
    assert.ok(doc.place.worker);
    const page = await viewer.fetch(site.url(`/dashboard?range=${range}`));
    const html = await page.text();
    assert.match(html, /<svg /);
    assert.ok(html.length < 60_000, `${range}: ${html.length} bytes`);
  }
  assert.equal((await viewer.fetch(site.url('/dashboard?range=forever'))).status, 400);
});

test('a refused request is told, and taken in once its secret is set', async () => {
  const secret = `whsec_${'B'.repeat(32)}`;
  const body = JSON.stringify({
    id: 'evt_late', object: 'event', type: 'customer.created', created: Math.floor(Date.now() / 1000),
    livemode: false, data: { object: { id: 'cus_late', note: '<script>alert(1)</script>\u202e' } },
  });
  const refused = await request(site.web.url('/webhooks/stripe'), { headers: signed('stripe', secret, body), body });
  assert.equal(refused.status, 400);
  await until('it is in the quarantine', () => site.home.one('SELECT count(*) FROM quarantine') === 1);
  const id = site.home.one('SELECT id FROM quarantine');
  const list = await json(viewer, '/quarantine?provider=stripe&kind=shaped');
  assert.equal(list.rows[0].reason, 'no_match');
  const before = await json(viewer, `/quarantine/${id}`);
  assert.equal(before.acceptable, false);
  const page = await (await viewer.fetch(site.url(`/quarantine/${id}`))).text();
  assert.ok(!page.includes('<script>alert'));
  assert.ok(page.includes('‹U+202E›'));
  const file = await viewer.fetch(site.url(`/quarantine/${id}/body`));
  assert.equal(file.headers.get('content-type'), 'application/octet-stream');
  assert.match(file.headers.get('content-disposition'), /^attachment; /);
  assert.equal(file.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(await file.text(), body);

  const accept = (who) => who.post(site.url(`/quarantine/${id}/accept`), { form_token: who.token });
  assert.equal((await accept(operator)).status, 401);
  assert.equal((await accept(viewer)).status, 403);
  assert.equal(site.home.one("SELECT count(*) FROM event WHERE event_id = 'evt_late'"), 0);

  // The settings are read at the start: the pages of a new process know the secret.
  const conf = fs.readFileSync(site.home.conf, 'utf8');
  site.home.write(site.home.conf, conf.replace(/^(\[stripe\]\nsecrets = .*)$/m, `$1 late=${secret}`));
  fs.chmodSync(site.home.conf, 0o600);
  const fresh = Object.assign(new Site(), { home: site.home, passwords: site.passwords, web: await lighttpd(site.home) });
  const who = await fresh.session('operator');
  assert.equal((await (await who.fetch(fresh.url(`/quarantine/${id}`), { headers: { accept: 'application/json' } })).json()).signed_by, 'late');
  const done = await who.post(fresh.url(`/quarantine/${id}/accept`), { form_token: who.token });
  assert.equal(done.status, 303);
  assert.match(done.headers.get('location'), /^\/admin\/events\/\d+\?said=accepted&n=\d+$/);
  await site.home.settled();
  assert.equal(site.home.one("SELECT count(*) FROM event WHERE event_id = 'evt_late'"), 1);
});

test('without a worker receivers count and index', async () => {
  await site.home.stop(site.worker);
  const before = site.home.one('SELECT max(id) FROM event');
  const answer = await sendSample('clerk', 'user.updated');
  assert.equal(answer.status, 303);
  await indexed(before + 1);
  assert.ok(!(await json(viewer, '/dashboard')).place.worker);
});
