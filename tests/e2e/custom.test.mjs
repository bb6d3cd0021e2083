// Custom senders through lighttpd (FastCGI) and Apache (plain CGI): the sections
// that cgi-bin/hookkeeper.conf.example ships, and what their senders send.
import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { Home, randomId, root } from './lib/home.mjs';
import { apache, lighttpd } from './lib/servers.mjs';
import { request } from './lib/senders.mjs';

const now = () => Math.floor(Date.now() / 1000);
const hmac = (secret, text, as = 'hex') => createHmac('sha256', secret).update(text).digest(as);
const keys = generateKeyPairSync('ed25519');
const secret = {
  github: "It's-a-Secret-to-Everybody", shopify: randomId(32), slack: randomId(32),
  paddle: `pdl_ntfset_${randomId(32)}`, zapier: randomId(40), legacy: `hook:${randomId(20)}`,
  example: `whsec_${randomBytes(24).toString('base64')}`,
  // Not in the example: a second Standard Webhooks sender, by public key, and one to be told from it.
  ed: `whpk_${Buffer.from(keys.publicKey.export({ format: 'jwk' }).x, 'base64url').toString('base64')}`,
  other: `whsec_${randomBytes(24).toString('base64')}`,
  'own-header': randomId(40), sum: randomId(32), picky: `whsec_${randomBytes(24).toString('base64')}`,
};

// The shipped sections with their comment signs taken off and our secrets put in.
function presets() {
  const text = fs.readFileSync(path.join(root, 'cgi-bin/hookkeeper.conf.example'), 'utf8');
  const sections = {};
  let now;
  for (const line of text.split('\n')) {
    const begin = /^;\[(custom ([a-z]+))\]$/.exec(line);
    const setting = /^;([a-z_]+) = (.+)$/.exec(line);
    if (begin) {
      now = sections[begin[1]] = {};
      now.secrets = secret[begin[2]];
    } else if (/^;?\[/.test(line)) now = undefined;
    else if (setting && now && setting[1] !== 'secrets') now[setting[1]] = setting[2];
  }
  delete sections['custom zapier'].header;	// an alternative, as its comment says
  return sections;
}

const settings = {
  ...presets(),
  'custom ed': { secrets: secret.ed },
  'custom other': { secrets: secret.other },
  'custom own-header': { scheme: 'bearer', header: 'X-Webhook-Token', secrets: secret['own-header'], id_from: 'header:X-Request-Id' },
  'custom sum': { scheme: 'hmac', header: 'X-Sum', secrets: secret.sum },
  'custom picky': { secrets: secret.picky, events: 'order.*', unknown_events: 'reject' },
  'custom unset': {},
};

const home = new Home();
// Home writes its own sections; ours come behind them.
home.write(home.conf, fs.readFileSync(home.conf, 'utf8') + Object.entries(settings).map(([section, rows]) =>
  `\n[${section}]\n${Object.entries(rows).map(([k, v]) => `${k} = ${v}\n`).join('')}`).join(''));

const ways = {};
before(async () => {
  const one = await lighttpd(home);
  const two = await apache(home, { ways: ['cgi'] });
  const three = await apache(home, { ways: ['fcgid'] });
  ways['lighttpd, FastCGI'] = one.port;
  ways['Apache, plain CGI'] = two.ports.cgi;
  ways['Apache, mod_fcgid'] = three.ports.fcgid;
});
after(() => home.close());

const at = (way, name) => `http://127.0.0.1:${ways[way]}/webhooks/custom/${name}`;
const row = (id) => home.sql(`SELECT provider, event_id, event_type, lane, status, outcome, reason, verified, signature,
  livemode, occurred_at, headers, hex(CAST(body AS BLOB)) AS hex
  FROM event JOIN event_body ON event_body.event = event.id WHERE event.id = ${Number(id)}`)[0];
const count = (where) => home.one(`SELECT count(*) FROM event WHERE ${where}`);
const hex = (body) => Buffer.from(body).toString('hex').toUpperCase();
const standard = (name, body, id, when = new Date()) => ({
  'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(Math.floor(when / 1000)),
  'webhook-signature': new Webhook(secret[name]).sign(id, when, body),
});

// Stored as it came, then known when it comes again.
async function twice(way, name, body, headers, want, again = headers) {
  const first = await request(at(way, name), { body, headers });
  assert.equal(first.status, 200, first.text);
  assert.deepEqual(first.json, { received: true, id: first.json.id, duplicate: false });
  const kept = row(first.json.id);
  for (const [column, value] of Object.entries({
    provider: `custom:${name}`, status: 'completed', outcome: 'skipped', reason: 'no handler for custom senders',
    verified: 1, livemode: null, hex: hex(body), ...want,
  })) assert.equal(kept[column], value, column);
  const second = await request(at(way, name), { body, headers: again });
  assert.deepEqual(second.json, { received: true, id: first.json.id, duplicate: true });
  return kept;
}

async function refused(way, name, body, headers) {
  const before = count('1');
  const answer = await request(at(way, name), { body, headers });
  assert.equal(answer.status, 401, answer.text);
  assert.equal(answer.text, '{"error":"Invalid signature"}\n');
  assert.equal(count('1'), before);
}

const cases = {
  'Standard Webhooks v1, by its own library': async (way) => {
    const id = `msg_${randomId()}`;
    const body = JSON.stringify({ type: 'order.paid', timestamp: new Date().toISOString(), data: {} });
    await twice(way, 'example', body, standard('example', body, id), { event_id: id, event_type: 'order.paid' });
    const other = JSON.stringify({ type: 'order.paid', data: { n: 1 } });
    await refused(way, 'example', other, standard('other', other, `msg_${randomId()}`));
    await refused(way, 'example', `${other} `, standard('example', other, `msg_${randomId()}`));
    await refused(way, 'example', other, standard('example', other, `msg_${randomId()}`, new Date(Date.now() - 360000)));
    await refused(way, 'example', other, {});
  },
  'Standard Webhooks v1a, by a public key': async (way) => {
    const id = `msg_${randomId()}`, body = '{"type":"a.b"}', t = String(now());
    const signed = (text) => `v1a,${sign(null, Buffer.from(`${id}.${t}.${text}`), keys.privateKey).toString('base64')}`;
    const headers = { 'webhook-id': id, 'webhook-timestamp': t };
    await twice(way, 'ed', body, { ...headers, 'webhook-signature': signed(body) }, { event_id: id, event_type: 'a.b' });
    await refused(way, 'ed', body, { ...headers, 'webhook-signature': signed('{"type":"a.c"}') });
  },
  'Standard Webhooks that is not JSON is 400, and kept aside': async (way) => {
    const id = `msg_${randomId()}`, body = 'a=1&b=2';
    const answer = await request(at(way, 'example'), { body, headers: standard('example', body, id) });
    assert.equal(answer.status, 400);
    assert.match(answer.json.error, /^Invalid payload: /);
    assert.equal(home.one(`SELECT count(*) FROM quarantine WHERE provider = 'custom:example' AND reason = 'bad_body' AND event_id = '${id}'`), 1);
  },
  GitHub: async (way) => {
    const id = `${randomId(8)}-cc78-11e3-81ab-4c9367dc0958`, body = '{"action":"opened","issue":{"number":1347}}';
    const headers = (text, key = secret.github) => ({
      'content-type': 'application/json', 'X-GitHub-Delivery': id, 'X-GitHub-Event': 'issues',
      'X-Hub-Signature-256': `sha256=${hmac(key, text)}`,
    });
    const kept = await twice(way, 'github', body, headers(body), { event_id: id, event_type: 'issues', signature: `sha256=${hmac(secret.github, body)}` });
    assert.equal(JSON.parse(kept.headers)['x-github-event'], 'issues');
    await refused(way, 'github', body, headers(body, 'another secret'));
    await refused(way, 'github', body, { ...headers(body), 'X-Hub-Signature-256': hmac(secret.github, body) });
    const form = `payload=${encodeURIComponent(body)}`;
    const asForm = await request(at(way, 'github'), { body: form, headers: { ...headers(form), 'X-GitHub-Delivery': randomId(), 'content-type': 'application/x-www-form-urlencoded' } });
    assert.equal(asForm.status, 200, 'a form is kept too');
    assert.equal(row(asForm.json.id).hex, hex(form));
    const without = await request(at(way, 'github'), { body, headers: { ...headers(body), 'X-GitHub-Delivery': '' } });
    assert.equal(without.status, 400, 'an event that cannot be told from its repetition');
  },
  Shopify: async (way) => {
    const id = randomId(), body = '{"id":820982911946154508,"total_price":"199.00"}';
    const headers = (key) => ({
      'X-Shopify-Topic': 'orders/paid', 'X-Shopify-Webhook-Id': id, 'X-Shopify-Shop-Domain': 'cool.myshopify.com',
      'X-Shopify-Triggered-At': '2026-11-02T06:13:20.5Z', 'X-Shopify-Hmac-Sha256': hmac(key, body, 'base64'),
    });
    await twice(way, 'shopify', body, headers(secret.shopify),
      { event_id: id, event_type: 'orders/paid', lane: 'cool.myshopify.com', occurred_at: Date.UTC(2026, 10, 2, 6, 13, 20, 500) * 1000 });
    await refused(way, 'shopify', body, headers('wrong'));
  },
  Slack: async (way) => {
    const headers = (body, t = now(), key = secret.slack) => ({
      'content-type': 'application/json', 'X-Slack-Request-Timestamp': String(t),
      'X-Slack-Signature': `v0=${hmac(key, `v0:${t}:${body}`)}`,
    });
    const id = `Ev${randomId(9)}`;
    const body = JSON.stringify({ type: 'event_callback', event_id: id, event_time: 1793600000, team_id: 'T1', event: { type: 'app_mention' } });
    await twice(way, 'slack', body, headers(body), { event_id: id, event_type: 'app_mention', lane: 'T1', occurred_at: 1793600000000000 },
      headers(body, now() - 2));	// signed anew, as a repetition is
    await refused(way, 'slack', body, headers(body, now() - 360));
    await refused(way, 'slack', body, headers(body, now() + 360));
    await refused(way, 'slack', body, headers(body, now(), 'wrong'));
    const t = now();
    await refused(way, 'slack', body, { ...headers(body, t), 'X-Slack-Request-Timestamp': String(t - 1) });
    const question = JSON.stringify({ token: 'x', challenge: `3eZbrw1a"<${randomId(20)}`, type: 'url_verification' });
    const answer = await request(at(way, 'slack'), { body: question, headers: headers(question) });
    assert.deepEqual([answer.status, answer.json], [200, { challenge: JSON.parse(question).challenge }]);
    assert.equal(answer.headers['content-type'], 'application/json');
    await refused(way, 'slack', question, headers(question, now(), 'wrong'));
  },
  Paddle: async (way) => {
    const id = `evt_${randomId()}`;
    const body = JSON.stringify({ event_id: id, event_type: 'transaction.completed', occurred_at: '2026-11-02T06:13:20.500000Z', data: { customer_id: 'ctm_1' } });
    const headers = (t, ...from) => ({ 'Paddle-Signature': [`ts=${t}`, ...from.map((key) => `h1=${hmac(key, `${t}:${body}`)}`)].join(';') });
    await twice(way, 'paddle', body, headers(now(), 'the old one', secret.paddle),
      { event_id: id, event_type: 'transaction.completed', lane: 'ctm_1', occurred_at: Date.UTC(2026, 10, 2, 6, 13, 20, 500) * 1000 });
    await refused(way, 'paddle', body, headers(now(), 'wrong'));
    await refused(way, 'paddle', body, headers(now() - 360, secret.paddle));
  },
  'a bearer in Authorization': async (way) => {
    const body = `<order id="${randomId()}"/>`;
    const kept = await twice(way, 'zapier', body, { authorization: `Bearer ${secret.zapier}`, 'content-type': 'text/xml' },
      { event_id: createHash('sha256').update(body).digest('hex'), event_type: null, signature: null });
    assert.ok(!kept.headers.includes(secret.zapier), 'the secret is not kept');
    await refused(way, 'zapier', body, { authorization: `Bearer ${secret.zapier}x` });
    await refused(way, 'zapier', body, { authorization: `Basic ${secret.zapier}` });
    await refused(way, 'zapier', body, {});
  },
  'a bearer in a field of its own': async (way) => {
    const id = randomId(), body = '{"type":"lead.new"}';
    const kept = await twice(way, 'own-header', body, { 'X-Webhook-Token': secret['own-header'], 'X-Request-Id': id }, { event_id: id, event_type: 'lead.new' });
    assert.ok(!kept.headers.includes(secret['own-header']), 'the secret is not kept');
    await refused(way, 'own-header', body, { 'X-Webhook-Token': secret.zapier, 'X-Request-Id': id });
    await refused(way, 'own-header', body, { 'X-Webhook-Token': '', 'X-Request-Id': id });
  },
  'user and password': async (way) => {
    const body = `{"n":"${randomId()}"}`;
    const basic = (text) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    await twice(way, 'legacy', body, basic(secret.legacy), { event_type: null });
    await refused(way, 'legacy', body, basic('hook:password'));
    await refused(way, 'legacy', body, basic(secret.legacy.replace('hook', 'Hook')));
  },
  'any bytes, told apart by their sum': async (way) => {
    const body = randomBytes(3000);
    await twice(way, 'sum', body, { 'X-Sum': hmac(secret.sum, body) }, { event_id: createHash('sha256').update(body).digest('hex') });
    const none = Buffer.alloc(0);
    const answer = await request(at(way, 'sum'), { body: none, headers: { 'X-Sum': hmac(secret.sum, none) } });
    assert.equal(answer.status, 200, answer.text);
  },
  'one id of two senders is two events': async (way) => {
    const id = `msg_${randomId()}`, body = '{"type":"a"}';
    const one = await request(at(way, 'example'), { body, headers: standard('example', body, id) });
    const two = await request(at(way, 'other'), { body, headers: standard('other', body, id) });
    assert.deepEqual([one.json.duplicate, two.json.duplicate], [false, false]);
    assert.deepEqual(home.sql(`SELECT provider FROM event WHERE event_id = '${id}' ORDER BY provider`),
      [{ provider: 'custom:example' }, { provider: 'custom:other' }]);
  },
  'types outside `events` are refused where the owner wants it so': async (way) => {
    const id = `msg_${randomId()}`, body = '{"type":"refund.made"}', good = '{"type":"order.made"}';
    const answer = await request(at(way, 'picky'), { body, headers: standard('picky', body, id) });
    assert.deepEqual([answer.status, answer.json], [400, { error: 'Unknown event type' }]);
    assert.equal(home.one(`SELECT count(*) FROM quarantine WHERE provider = 'custom:picky' AND reason = 'unknown_type' AND event_id = '${id}'`), 1);
    assert.equal((await request(at(way, 'picky'), { body: good, headers: standard('picky', good, id) })).status, 200);
  },
  'a sender without a secret is told to come again': async (way) => {
    const answer = await request(at(way, 'unset'), { body: '{}', headers: standard('example', '{}', 'msg_1') });
    assert.equal(answer.status, 503);
    assert.ok(answer.headers['retry-after']);
    assert.match(home.logText(), /custom:unset: no signing secret is set.*\[custom unset\] secrets/);
  },
  'a name that is not configured is 404, whatever is asked': async (way) => {
    for (const name of ['nobody', 'GitHub', 'git', 'github/x', '', 'stripe', 'a%00b', '..%2fgithub'])
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const answer = await request(at(way, name), { method, ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }) });
        // Some web servers refuse what a path must not hold before we see it.
        if (name.includes('%') && answer.status >= 400 && answer.headers['content-type'] !== 'application/json') continue;
        assert.deepEqual([answer.status, answer.json], [404, { error: 'Not found' }], `${method} ${name}`);
      }
    assert.equal((await request(at(way, 'nobody'), { method: 'HEAD' })).status, 404);
  },
  'GET is alive, a query and a slash at the end change nothing': async (way) => {
    for (const name of ['github', 'github/', 'github?a=/custom/x', 'own-header']) {
      const answer = await request(at(way, name), { method: 'GET' });
      assert.equal(answer.status, 200, name);
      assert.match(answer.json.message, new RegExp(`^The ${/^[a-z-]+/.exec(name)[0]} webhook endpoint is here`));
    }
    assert.equal((await request(at(way, 'github').replace('/webhooks', '/api/webhooks'), { method: 'GET' })).status, 200);
    const put = await request(at(way, 'github'), { method: 'PUT', body: '{}' });
    assert.deepEqual([put.status, put.headers.allow], [405, 'GET, HEAD, POST']);
  },
};

for (const way of ['lighttpd, FastCGI', 'Apache, plain CGI', 'Apache, mod_fcgid'])
  describe(way, () => {
    for (const [what, run] of Object.entries(cases)) test(what, () => run(way));
  });

// The command is a sender too: what it signs, the receiver takes.
for (const [name, type] of [['example'], ['github', 'push'], ['shopify', 'orders/paid'], ['slack'], ['paddle'], ['zapier'], ['legacy'], ['own-header']])
  test(`hookkeeper send custom:${name}`, async () => {
    const file = path.join(home.dir, `${name}.json`);
    const type_ = type ?? 'from.body', event_id = randomId();
    home.write(file, JSON.stringify({ type: type_, event_type: type_, event: { type: type_ }, event_id, id: event_id }));
    const args = ['send', `custom:${name}`, ...(type ? [type] : []), '--body', file, '--url', at('lighttpd, FastCGI', name), '--json'];
    const { status, out, err } = await home.hkAsync(args);
    assert.equal(status, 0, out + err);
    const [sent] = JSON.parse(out).sent;
    assert.equal(sent.provider, `custom:${name}`);
    const { id } = JSON.parse(sent.answer);
    const kept = row(id);
    assert.equal(kept.provider, `custom:${name}`);
    assert.equal(kept.event_type, type_);
    if (['example', 'github', 'shopify', 'own-header'].includes(name)) assert.equal(kept.event_id, sent.event_id);
    // once more from what is stored: signed afresh, and known as the same event
    const again = await home.hkAsync(['send', '--event', String(id), '--url', at('lighttpd, FastCGI', name), '--json']);
    assert.equal(again.status, 0, again.out + again.err);
    assert.deepEqual(JSON.parse(JSON.parse(again.out).sent[0].answer), { received: true, id, duplicate: true });
  });

test('a public key cannot sign, and the command says so', () => {
  const run = home.hk(['send', 'custom:ed', '--body', '-'], { input: '{}' });
  assert.notEqual(run.status, 0);
  assert.match(run.err, /public key \("whpk_"\) cannot sign/);
});

test('every preset of the example is tried here', () => {
  assert.deepEqual(Object.keys(presets()).sort(), ['example', 'github', 'legacy', 'paddle', 'shopify', 'slack', 'zapier'].map((n) => `custom ${n}`));
});

test('the settings are shown with their sections and without their secrets', () => {
  const { status, out } = home.hk(['config']);
  assert.equal(status, 0);
  assert.match(out, /^custom github\.header +=\s+x-hub-signature-256 {2}\(source: file\)$/m);
  for (const text of Object.values(secret)) assert.ok(!out.includes(text));
});

test('no secret stands in the log or the database', () => {
  const kept = home.sql('SELECT headers FROM event_body UNION ALL SELECT headers FROM quarantine').map((r) => r.headers).join('\n');
  for (const text of [secret.zapier, secret['own-header'], secret.legacy, Buffer.from(secret.legacy).toString('base64')]) {
    assert.ok(!home.logText().includes(text));
    assert.ok(!kept.includes(text));
  }
});

test('a section that makes no sense stops custom.fcgi, not the others', async () => {
  const broken = new Home();
  try {
    broken.write(broken.conf, `${fs.readFileSync(broken.conf, 'utf8')}\n[custom x]\nscheme = hmac\nheader = x\ntimestamp_header = t\n`);
    const server = await apache(broken, { ways: ['cgi'] });
    assert.equal((await request(server.url('cgi', '/webhooks/custom/x'), { method: 'GET' })).status, 503);
    assert.match(broken.logText(), /hookkeeper\.conf:\d+: custom x\.timestamp_header: .*of no use/);
    assert.equal((await request(server.url('cgi', '/webhooks/stripe'), { method: 'GET' })).status, 200);
  } finally {
    await broken.close();
  }
});
