// What a sender gets as an answer, through each web server and each way to run
// the programs behind it.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Home, randomId, until } from './lib/home.mjs';
import { apache, lighttpd, spawnFcgi } from './lib/servers.mjs';
import { clerkUser, request, resendEmail, signed, signedBytes, stripeEvent } from './lib/senders.mjs';

const home = new Home();
const names = ['stripe', 'clerk', 'resend'];
const ways = {};	// name: { at(provider), port, path(provider), most }

const refused = { stripe: 400, clerk: 401, resend: 401 };
const fresh = {
  stripe: () => stripeEvent('customer.created', { id: `cus_${randomId(14)}`, object: 'customer' }),
  clerk: () => ({ id: `msg_${randomId()}`, body: clerkUser().body }),
  resend: () => ({ id: `msg_${randomId()}`, body: resendEmail().body }),
};

before(async () => {
  const one = await lighttpd(home);
  const sockets = {};
  for (const name of names) sockets[name] = (await spawnFcgi(home, name)).socket;
  const two = await apache(home, { ways: ['fcgid', 'proxy', 'htaccess-fcgid'], sockets });
  const three = await apache(home, { ways: ['cgi'] });
  const webhooks = (provider) => `/webhooks/${provider}`;
  Object.assign(ways, {
    'lighttpd, FastCGI': { port: one.port, path: webhooks },
    'lighttpd, plain CGI': { port: one.port, path: (provider) => `/cgi/${provider}.fcgi` },
    'Apache, mod_fcgid': { port: two.ports.fcgid, path: webhooks },
    'Apache, mod_proxy_fcgi and spawn-fcgi': { port: two.ports.proxy, path: webhooks },
    // 128 KiB is mod_fcgid's own, not to be set in .htaccess.
    'Apache, .htaccess with mod_fcgid': { port: two.ports['htaccess-fcgid'], path: webhooks, most: 131072 },
    'Apache, .htaccess with plain CGI': { port: three.ports.cgi, path: webhooks },
  });
  for (const way of Object.values(ways)) way.at = (p) => `http://127.0.0.1:${way.port}${way.path(p)}`;
});
after(() => home.close());

const row = (id) => home.sql(
  `SELECT provider, event_id, event_type, verified, hex(CAST(body AS BLOB)) AS hex
     FROM event JOIN event_body ON event_body.event = event.id WHERE event.id = ${Number(id)}`)[0];
const rows = (eventId) => home.one(`SELECT count(*) FROM event WHERE event_id = '${eventId}'`);
const quarantined = (where) => home.sql(
  `SELECT provider, reason, event_type, verified, hex(CAST(body AS BLOB)) AS hex FROM quarantine WHERE ${where}`);
const hex = (body) => Buffer.from(body).toString('hex').toUpperCase();

// As a person sees it, and how it is kept.
const shown = (id) => ({
  body: home.body(id).toString(),
  packed: home.one(`SELECT packed FROM event_body WHERE event = ${Number(id)} AND length(body) < packed / 2`),
});
// An event with a long list of things in it, not only of ASCII.
function grown(body, bytes) {
  const items = [];
  for (let n = body.length; n < bytes; n += items.at(-1).length + 2)
    items.push(JSON.stringify({ id: `il_${randomId()}`, object: 'line_item', amount: items.length * 37, currency: 'eur',
      description: 'Größe L, 日本 🎉', discountable: true, livemode: false, metadata: {}, period: { end: 1795000000 + items.length } }));
  return body.replace(/\}\s*$/, `,"list_of_things":[${items.join(',\n')}]}`);
}

// No answer may obey or help anybody but the sender.
async function ask(way, provider, options) {
  const answer = await request(way.at(provider), options);
  assert.equal(answer.headers['webhook-delivery'], undefined, 'Svix obeys this header');
  for (const secret of Object.values(home.secret)) assert.ok(!answer.text.includes(secret));
  assert.doesNotMatch(answer.text, /toleran|expired|stale|no_match|timestamp|\/data\/|sqlite/i);
  if (answer.status < 500 && answer.status !== 411 && options.method !== 'HEAD')
    assert.equal(answer.headers['content-type'], 'application/json');
  return answer;
}
const sendTo = (way, provider, body, id) =>
  ask(way, provider, { body, headers: signed(provider, home.secret[provider], body, { id }) });

const cases = {
  'a fresh event is stored byte for byte, then acknowledged; a repeat is known': async (way, provider) => {
    const { id, body } = fresh[provider]();
    const first = await sendTo(way, provider, body, id);
    assert.equal(first.status, 200, first.text);
    assert.match(first.text, /^\{"received":true,"id":\d+,"duplicate":false\}\n?$/);
    assert.equal(row(first.json.id).hex, hex(body));
    assert.equal(row(first.json.id).event_id, id);
    assert.equal(row(first.json.id).verified, 1);
    const again = await sendTo(way, provider, body, id);
    assert.deepEqual(again.json, { received: true, id: first.json.id, duplicate: true });
    assert.equal(rows(id), 1);
  },
  'GET and HEAD say that the endpoint is alive': async (way, provider) => {
    const get = await ask(way, provider, { method: 'GET' });
    assert.equal(get.status, 200);
    assert.equal(typeof get.json.message, 'string');
    const head = await ask(way, provider, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
  },
  'other methods are 405 and name those that work': async (way, provider) => {
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const answer = await ask(way, provider, { method, ...(method === 'DELETE' ? {} : { body: '{}' }) });
      assert.equal(answer.status, 405, method);
      assert.match(answer.headers.allow ?? '', /\bPOST\b/);
    }
  },
  'every forged, old or unsigned request gets the same answer, and is no event': async (way, provider) => {
    const { id, body } = fresh[provider]();
    const secret = home.secret[provider];
    const now = Math.floor(Date.now() / 1000);
    const other = provider === 'stripe' ? 'clerk' : 'stripe';
    const forgeries = {
      'no signature': { 'content-type': 'application/json' },
      'another secret': signed(provider, `whsec_${randomId(32)}`, body, { id }),
      'of the wrong sender': signed(other, home.secret[other], body, { id }),
      'six minutes old': signed(provider, secret, body, { id, at: now - 360 }),
      'six minutes ahead': signed(provider, secret, body, { id, at: now + 360 }),
      'of another body': signed(provider, secret, `${body} `, { id }),
      'rubbish': provider === 'stripe' ? { 'stripe-signature': 't=,v1=' }
        : { 'svix-id': id, 'svix-timestamp': String(now), 'svix-signature': 'v1,AAAA' },
    };
    for (const [what, headers] of Object.entries(forgeries)) {
      const answer = await ask(way, provider, { body, headers });
      assert.equal(answer.status, refused[provider], what);
      assert.equal(answer.text.trimEnd(), '{"error":"Invalid signature"}', what);
    }
    assert.equal(rows(id), 0);
  },
  'a type nobody knows: refused for Clerk and kept aside, stored for the others': async (way, provider) => {
    const id = provider === 'stripe' ? undefined : `msg_${randomId()}`;
    const type = `made.up_${randomId(8)}`;
    const event = provider === 'stripe' ? stripeEvent(type, { id: 'x_1', object: 'x' })
      : { id, body: JSON.stringify({ type, data: { id: 'x_1', email_id: 'x' }, timestamp: Date.now(), created_at: new Date().toISOString(), object: 'event' }) };
    const answer = await sendTo(way, provider, event.body, event.id);
    if (provider === 'clerk') {
      assert.equal(answer.status, 400);
      assert.equal(answer.text.trimEnd(), '{"error":"Unknown event type"}');
      assert.equal(rows(event.id), 0);
      const [kept] = await until('it is in quarantine', () => {
        const found = quarantined(`event_type = '${type}'`);
        return found.length && found;
      });
      assert.deepEqual(kept, { provider, reason: 'unknown_type', event_type: type, verified: 1, hex: hex(event.body) });
    } else {
      assert.equal(answer.status, 200, answer.text);
      assert.equal(row(answer.json.id).event_type, type);
      assert.equal(home.one(`SELECT outcome FROM event WHERE id = ${answer.json.id}`), 'skipped');
    }
  },
  'a signed body that is not JSON is 400': async (way, provider) => {
    const everyByte = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7 + (i >> 8)) & 255));
    for (const body of [Buffer.from('hello'), Buffer.from('{"type":'), everyByte, Buffer.from('[]'), Buffer.from('{}')]) {
      const answer = await ask(way, provider, { body, headers: signedBytes(provider, home.secret[provider], body) });
      assert.equal(answer.status, 400, body.toString('latin1').slice(0, 20));
      assert.equal(typeof answer.json.error, 'string');
      assert.notEqual(answer.json.error, 'Invalid signature', 'it was signed');
    }
  },
  'an empty body is 400, whether its length is said or not': async (way, provider) => {
    const none = Buffer.alloc(0);
    const said = await ask(way, provider, { body: none, headers: signedBytes(provider, home.secret[provider], none) });
    assert.equal(said.status, 400);
    const unsaid = await raw(way.port, `POST ${way.path(provider)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.match(unsaid, /^HTTP\/1\.1 4(00|01|11) /);	// 411: lighttpd's own
  },
  'a body in chunks without a length is taken whole': async (way, provider) => {
    const { id, body } = fresh[provider]();
    const answer = await ask(way, provider, { body, chunked: true, headers: signed(provider, home.secret[provider], body, { id }) });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(row(answer.json.id).hex, hex(body));
  },
  'the largest body is taken, one byte more is 413': async (way, provider) => {
    const { id, body } = fresh[provider]();
    const most = way.most ?? 1048576;
    const large = body.padEnd(most, ' ');
    const taken = await sendTo(way, provider, large, id);
    assert.equal(taken.status, 200, taken.text);
    assert.deepEqual(shown(taken.json.id), { body: large, packed: most });
    if (way.most) return;
    const over = await sendTo(way, provider, fresh[provider]().body.padEnd(most + 1, ' '), `msg_${randomId()}`);
    assert.equal(over.status, 413);
    assert.equal(typeof over.json.error, 'string');
  },
  'a large body is packed, and comes back byte for byte': async (way, provider) => {
    for (const bytes of [9000, 70000, 200000, 1000000]) {
      if (bytes > (way.most ?? bytes)) continue;
      const { id, body } = fresh[provider]();
      const large = grown(body, bytes);
      const taken = await sendTo(way, provider, large, id);
      assert.equal(taken.status, 200, taken.text);
      assert.deepEqual(shown(taken.json.id), { body: large, packed: Buffer.byteLength(large) });
      const again = await sendTo(way, provider, large, id);
      assert.equal(again.json.duplicate, true);
    }
  },
  'a sender that goes away midway leaves nothing, and the next is served': async (way, provider) => {
    const { id, body } = fresh[provider]();
    const headers = { ...signed(provider, home.secret[provider], body, { id }), 'content-length': body.length };
    const head = `POST ${way.path(provider)} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`;
    await raw(way.port, head + body.slice(0, body.length / 2), true);
    const next = fresh[provider]();
    assert.equal((await sendTo(way, provider, next.body, next.id)).status, 200);
    assert.equal(rows(id), 0);
    // And when it comes again it is new.
    const again = await sendTo(way, provider, body, id);
    assert.equal(again.json?.duplicate, false, again.text);
  },
};

// Bytes on a socket; with leave, go away without waiting for the answer.
function raw(port, text, leave = false) {
  return new Promise((done, fail) => {
    const socket = net.connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (d) => { answer += d; });
    socket.on('error', fail);
    socket.on('close', () => done(answer));
    socket.write(text, () => { if (leave) setTimeout(() => socket.resetAndDestroy(), 50); });
  });
}

for (const name of [
  'lighttpd, FastCGI', 'lighttpd, plain CGI', 'Apache, mod_fcgid', 'Apache, mod_proxy_fcgi and spawn-fcgi',
  'Apache, .htaccess with mod_fcgid', 'Apache, .htaccess with plain CGI',
])
  describe(name, () => {
    for (const [what, run] of Object.entries(cases))
      for (const provider of names)
        test(`${provider}: ${what}`, () => run(ways[name], provider));
  });
