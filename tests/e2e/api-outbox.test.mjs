// What goes out, by the interface and the command: endpoints, types, messages and
// deliveries.  lib/api.mjs holds every answer against the served document; what
// arrives is verified by the official library.
import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import http from 'node:http';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { Api, outgoing } from './lib/api.mjs';
import { Home, root, sleep, slow, until } from './lib/home.mjs';
import { clerkUser, request, send, stripeEvent } from './lib/senders.mjs';
import { freePort, lighttpd, listening } from './lib/servers.mjs';

const key = randomBytes(32).toString('base64');
const home = new Home({ settings: {
  hookkeeper: { key, trusted_proxies: '127.0.0.1' }, api: { rate: 0 }, outbox: { allow_private: '127.0.0.0/8' },
} });
let web, api, sink;

// A receiver: what came to each path, and what it is answered.
class Sink {
  async open() {
    this.got = [];
    this.answers = new Map();
    this.server = http.createServer((rq, answer) => {
      const parts = [];
      rq.on('data', (part) => parts.push(part));
      rq.on('end', () => {
        this.got.push({ path: rq.url, headers: rq.headers, body: Buffer.concat(parts).toString() });
        answer.writeHead(this.answers.get(rq.url) ?? 204);
        answer.end();
      });
    });
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.port = this.server.address().port;
    return this;
  }

  url(name) {
    return `http://127.0.0.1:${this.port}/${name}`;
  }

  at(name) {
    return this.got.filter((one) => one.path === `/${name}`);
  }

  // The n-th that came to this path, verified by its receiver's library.
  async one(name, secret, n = 1) {
    await until(`${n} at /${name}`, () => this.at(name).length >= n, 15000);
    const { headers, body } = this.at(name)[n - 1];
    return { headers, ...new Webhook(secret).verify(body, headers) };
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const problem = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.code, code, answer.text);
  return answer;
};
const good = (answer, status = 200) => {
  assert.equal(answer.status, status, answer.text);
  return answer.json;
};
let made = 0;
const endpoint = async (more = {}) => {
  const name = `hook${++made}`;
  const one = good(await api.post('/endpoints', { url: sink.url(name), types: ['order.*'], ...more }), 201);
  return { ...one, name };
};
const shipped = async (order, more, options) =>
  good(await api.post('/messages', { type: 'order.shipped', payload: { order }, ...more }, options), 201);
const delivery = (message, status, id) => until(`a delivery of ${message} is ${status}`, async () => {
  const { data } = (await api.get(`/deliveries?message=${message}`)).json;
  return data.find((d) => d.status === status && (!id || d.endpoint === id));
}, 15000);
const remove = async (...all) => {
  for (const one of all) good(await api.call('DELETE', `/endpoints/${one.id}`));
};
// Everything that was put has been handed to the endpoints there are.
const handed = () => until('messages are handed on', () =>
  home.one('SELECT message >= (SELECT COALESCE(MAX(id), 0) FROM message) FROM fanout') === 1, 15000);
const hk = (args, options) => {
  const run = home.hk(['--json', ...args], options);
  assert.equal(run.status, 0, run.err + run.out);
  return JSON.parse(run.out);
};

before(async () => {
  home.hk(['events', 'list']);
  sink = await new Sink().open();
  web = await lighttpd(home);
  api = await Api.open(web, home.token().token);
  home.worker();
  good(await api.call('PUT', '/event-types/order.shipped', { body: {
    description: 'An order was given to the carrier.',
    schema: { type: 'object', properties: { order: { type: 'integer', minimum: 1 }, note: { type: 'string' } }, required: ['order'], additionalProperties: false },
    sample: { order: 17 },
  } }));
});
after(async () => {
  sink.close();
  await home.close();
});

describe('who may', () => {
  test('each call needs its scope, and the public keys of an endpoint none', async () => {
    const one = await endpoint();
    const calls = [...api.document.operations()].filter(({ path: at }) => outgoing.test(at));
    assert.ok(calls.length >= 29, `${calls.length} calls`);
    const no = api.as(home.token({ name: 'other', scopes: 'users:read events:read' }).token);
    for (const { method, path: at, op } of calls) {
      const real = at.replace('{endpoint}', one.id).replace(/\{\w+\}/, '1');
      const body = op.requestBody?.content['application/json'].example;
      if (op.security.length === 0) {
        good(await api.call(method, real, { token: null }));
        continue;
      }
      problem(await api.call(method, real, { body, token: null }), 401, 'unauthorized');
      problem(await no.call(method, real, { body }), 403, 'missing_scope');
    }
    await remove(one);
  });

  test('what is not there is not found, whatever is asked of it', async () => {
    for (const { method, path: at, op } of api.document.operations()) {
      if (!outgoing.test(at) || !at.includes('{') || !op.responses['404']) continue;
      const body = op.requestBody?.content['application/json'].example;
      for (const name of ['ep_4711', 'nobody']) problem(await api.call(method, at.replace(/\{\w+\}/, name), { body }), 404, 'not_found');
    }
    for (const list of ['/endpoints', '/messages']) problem(await api.get(`${list}?user=nobody@example.com`), 404, 'not_found');
  });

  test('a body of another shape is refused at every address that takes one', async () => {
    const one = await endpoint({ types: ['no.such'] });
    const { delivery: sent } = good(await api.post(`/endpoints/${one.id}/test`, { type: 'order.shipped' }), 202);
    const job = good(await api.post(`/endpoints/${one.id}/recover`, { what: 'failed' }), 202);
    const names = { endpoint: one.id, delivery: sent, recovery: job.id, type: 'shape.test' };
    for (const { method, path: at, op } of api.document.operations()) {
      if (!outgoing.test(at) || !['POST', 'PUT', 'PATCH'].includes(method)) continue;
      const real = at.replace(/\{(\w+)\}/, (_, name) => names[name]);
      const body = op.requestBody?.content['application/json'].example ?? {};
      for (const bad of [[], 'x', 1, { ...body, unknown: 1 }]) problem(await api.call(method, real, { body: bad }), 400, 'bad_request');
      for (const raw of ['{', '{"a":1,"a":1}', Buffer.from('{"\xff":1}', 'latin1')])
        problem(await api.call(method, real, { raw }), 400, 'bad_request');
      problem(await api.call(method, real, { body, headers: { 'content-type': 'text/plain' } }), 415, 'unsupported_media_type');
      problem(await api.call(method, real, { body: { x: 'x'.repeat(270000) } }), 413, 'too_large');
    }
    assert.equal(home.one("SELECT count(*) FROM event_type WHERE name = 'shape.test'"), 0);
    await remove(one);
  });

  test('who may look may not change, and messages are not endpoints', async () => {
    const looks = api.as(home.token({ name: 'looks', scopes: 'endpoints:read messages:read' }).token);
    good(await looks.get('/endpoints'));
    good(await looks.get('/deliveries'));
    problem(await looks.post('/endpoints', { url: sink.url('x'), types: ['*'] }), 403, 'missing_scope');
    problem(await looks.post('/messages', { type: 'order.shipped', payload: { order: 1 } }), 403, 'missing_scope');
    const only = api.as(home.token({ name: 'puts', scopes: 'messages:write' }).token);
    good(await only.post('/messages', { type: 'order.shipped', payload: { order: 1 } }), 201);
    problem(await only.get('/messages'), 403, 'missing_scope');
  });
});

describe('endpoints', () => {
  test('one is made, shown, changed and deleted; its secret is in no later answer', async () => {
    const one = await endpoint({ description: 'Ünïcode', headers: { 'X-Key': 'geheim' }, rate: 10, ordered: true,
      filter: { all: [{ path: 'order', in: [1, 2] }] } });
    assert.match(one.secret, /^whsec_/);
    const shown = await api.get(`/endpoints/${one.id}`);
    const { secret, name, ...rest } = one;
    assert.deepEqual(shown.json, rest.name === undefined ? { ...rest, name: null } : rest);
    assert.ok(!shown.text.includes(secret) && !shown.text.includes('geheim'));
    const changed = good(await api.call('PATCH', `/endpoints/${one.id}`, { body: { description: null, rate: null, filter: null, types: ['*', 'user.*'] } }));
    assert.deepEqual([changed.description, changed.rate, changed.filter, changed.types, changed.ordered, changed.has_headers],
      [null, null, null, ['*', 'user.*'], true, true]);
    assert.equal(good(await api.call('PATCH', `/endpoints/${one.id}`, { body: { headers: null } })).has_headers, false);
    await remove(one);
    problem(await api.get(`/endpoints/${one.id}`), 404, 'not_found');
    problem(await api.call('DELETE', `/endpoints/${one.id}`), 404, 'not_found');
    assert.ok(!home.logText().includes(secret));
  });

  test('one that cannot be is refused, and nothing of it stays', async () => {
    const before = home.one('SELECT count(*) FROM endpoint');
    const base = { url: 'https://example.com/h', types: ['*'] };
    for (const [what, body] of [
      ['no address', { types: ['*'] }], ['no types', { url: base.url }], ['an empty list of types', { ...base, types: [] }],
      ['another scheme', { ...base, url: 'ftp://example.com/' }], ['a user in it', { ...base, url: 'https://a:b@example.com/' }],
      ['an address inside', { ...base, url: 'http://10.0.0.1/' }], ['the metadata service', { ...base, url: 'http://169.254.169.254/' }],
      ['a type with a blank', { ...base, types: ['a b'] }], ['a type that is none', { ...base, types: ['us*er'] }],
      ['types as a text', { ...base, types: '*' }], ['a rule without a path', { ...base, filter: { all: [{ equals: 1 }] } }],
      ['a field of ours', { ...base, headers: { Host: 'x' } }], ['a field with a line break', { ...base, headers: { 'X-A': 'a\r\nb: c' } }],
      ['a signature of its own', { ...base, headers: { 'webhook-signature': 'v1,x' } }], ['a number as a field', { ...base, headers: { 'X-A': 1 } }],
      ['a rate of 0', { ...base, rate: 0 }], ['another payload', { ...base, payload: 'half' }], ['ordered as a text', { ...base, ordered: 'yes' }],
      ['two owners', { ...base, user: 'a', organization: 'b' }], ['a member nobody knows', { ...base, colour: 'red' }],
      ['a secret that is none', { ...base, secret: 'geheim' }],
    ]) {
      const answer = await api.post('/endpoints', body);
      assert.equal(answer.status, 400, `${what}: ${answer.text}`);
    }
    problem(await api.post('/endpoints', { ...base, user: 'nobody@example.com' }), 404, 'not_found');
    assert.equal(home.one('SELECT count(*) FROM endpoint'), before);
    const one = await endpoint();
    problem(await api.call('PATCH', `/endpoints/${one.id}`, { body: { url: 'http://192.168.0.1/' } }), 400, 'bad_request');
    problem(await api.call('PATCH', `/endpoints/${one.id}`, { body: { secret: 'whsec_x' } }), 400, 'bad_request');
    assert.equal((await api.get(`/endpoints/${one.id}`)).json.url, one.url);
    for (const name of ['ep_0', 'ep_01', 'ep_99999', 'x', '7']) problem(await api.get(`/endpoints/${name}`), 404, 'not_found');
    await remove(one);
  });

  test('asked for twice with one Idempotency-Key there is one, with one secret', async () => {
    const body = { url: sink.url('once'), types: ['*'] };
    const [a, b] = [await api.post('/endpoints', body, { key: 'once-1' }), await api.post('/endpoints', body, { key: 'once-1' })];
    assert.deepEqual(good(a, 201), good(b, 201));
    problem(await api.post('/endpoints', { ...body, types: ['user.*'] }, { key: 'once-1' }), 400, 'idempotency_key_reused');
    assert.equal(home.one(`SELECT count(*) FROM endpoint WHERE url = '${body.url}'`), 1);
    const kept = home.sql("SELECT CAST(body AS TEXT) AS body FROM api_answer WHERE key = 'once-1'")[0].body;
    assert.ok(!kept.includes(a.json.secret), 'the kept answer is sealed');
    await remove(a.json);
  });

  test('a list is paged, and filtered by state and owner', async () => {
    const { user, body } = clerkUser();
    assert.equal((await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, body)).status, 200);
    await home.settled();
    const all = [];
    for (let i = 0; i < 5; i++) all.push(await endpoint(i % 2 ? {} : { user }));
    good(await api.post(`/endpoints/${all[0].id}/pause`));
    const ids = all.map((one) => one.id).reverse();
    assert.deepEqual((await api.walk('/endpoints', { limit: 2 })).map((one) => one.id).slice(0, 5), ids);
    assert.deepEqual((await api.walk('/endpoints?state=paused')).map((one) => one.id), [all[0].id]);
    assert.deepEqual((await api.walk(`/endpoints?user=${user}`)).map((one) => one.id), [ids[0], ids[2], ids[4]]);
    problem(await api.get('/endpoints?state=broken'), 400, 'bad_request');
    problem(await api.get('/endpoints?after=nonsense'), 400, 'bad_request');
    await remove(...all);
  });

  test('every change of one is in the audit log, by the token\'s name', async () => {
    const one = await endpoint();
    const by = api.as(home.token({ name: 'ops', scopes: '*' }).token);
    await by.call('PATCH', `/endpoints/${one.id}`, { body: { description: 'x' } });
    for (const act of ['pause', 'resume', 'disable', 'enable', 'secret/rotate', 'secret/reveal']) good(await by.post(`/endpoints/${one.id}/${act}`));
    await by.post(`/endpoints/${one.id}/test`, { type: 'order.shipped' });
    await by.call('DELETE', `/endpoints/${one.id}/v1a`);
    await by.call('DELETE', `/endpoints/${one.id}`);
    const log = home.sql(`SELECT action, who, via, after FROM audit_log WHERE subject = 'endpoint:${one.id}' AND who = 'token:ops' ORDER BY id`);
    assert.deepEqual(log.map((line) => line.action), ['endpoint.change', 'endpoint.pause', 'endpoint.resume', 'endpoint.disable',
      'endpoint.enable', 'endpoint.rotate', 'endpoint.secret', 'endpoint.test', 'endpoint.drop-v1a', 'endpoint.rm']);
    assert.ok(log.every((line) => line.via === 'api' && !JSON.stringify(line).includes('whsec_')));
  });
});

describe('types of message', () => {
  test('the list has ours, the site\'s own and every provider\'s, each once', async () => {
    const all = await api.walk('/event-types', { limit: 50 });
    const names = all.map((one) => one.name);
    assert.equal(new Set(names).size, names.length);
    for (const name of ['user.created', 'order.shipped', 'stripe.invoice.paid', 'clerk.user.created', 'resend.email.bounced'])
      assert.ok(names.includes(name), name);
    const own = await api.walk('/event-types?source=own', { limit: 1 });
    assert.deepEqual(own.map((one) => one.name), ['order.shipped']);
    const ours = await api.walk('/event-types?source=hookkeeper');
    assert.ok(!ours.some(({ name }) => /clerk/.test(name)), 'what holds codes is for channels of the settings alone');
    for (const { name } of ours) {
      const { schema, sample } = good(await api.get(`/event-types/${name}`));
      assert.equal(api.document.faults(schema, sample), '', name);
    }
    assert.equal(good(await api.get('/event-types/stripe.invoice.paid')).sample.type, 'invoice.paid');
    problem(await api.get('/event-types/stripe.no.such'), 404, 'not_found');
    problem(await api.get('/event-types?after=9'), 400, 'bad_request');
  });

  test('one of the site\'s own is described, changed and archived', async () => {
    const put = (name, body) => api.call('PUT', `/event-types/${name}`, { body });
    good(await put('cart.left', { description: 'A cart was left.' }));
    assert.deepEqual(good(await put('cart.left', { sample: { cart: 1 } })).sample, { cart: 1 });
    problem(await put('user.created', {}), 422, 'impossible');
    problem(await put('bad%20name', {}), 400, 'bad_request');
    problem(await put('cart.left', { schema: { type: 'objekt' } }), 400, 'bad_request');
    problem(await put('cart.left', { schema: { type: 'object', patternProperties: {} } }), 400, 'bad_request');
    problem(await put('cart.left', { schema: { type: 'object', required: ['a'] }, sample: { b: 1 } }), 400, 'bad_request');
    assert.notEqual(good(await api.call('DELETE', '/event-types/cart.left')).archived_at, null);
    problem(await api.post('/messages', { type: 'cart.left', payload: {} }), 422, 'impossible');
    problem(await api.call('DELETE', '/event-types/user.created'), 422, 'impossible');
    problem(await api.call('DELETE', '/event-types/no.such'), 404, 'not_found');
    assert.equal(good(await put('cart.left', {})).archived_at, null);
    good(await api.post('/messages', { type: 'cart.left', payload: {} }), 201);
  });
});

describe('messages', () => {
  test('a payload that does not fit its type is refused, and says where', async () => {
    const at = (payload) => api.post('/messages', { type: 'order.shipped', payload });
    for (const [payload, where] of [[{}, /order/], [{ order: '17' }, /order/], [{ order: 0 }, /order/], [{ order: 1, other: 2 }, /other/]])
      assert.match(problem(await at(payload), 400, 'bad_request').json.detail, where);
    for (const payload of ['text', [1], 1, null, undefined]) problem(await at(payload), 400, 'bad_request');
    problem(await api.post('/messages', { type: 'order.unknown', payload: {} }), 404, 'not_found');
    problem(await api.post('/messages', { type: 'user.created', payload: {} }), 422, 'impossible');
    problem(await api.post('/messages', { type: 'order.shipped', payload: { order: 1 }, cause: 'x' }), 400, 'bad_request');
  });

  test('one Idempotency-Key puts one message, also when its answer is no longer kept', async () => {
    const one = await shipped(31, {}, { key: 'order-31' });
    assert.deepEqual(await shipped(31, {}, { key: 'order-31' }), one);
    const forget = () => home.change("DELETE FROM api_answer WHERE key = 'order-31'");
    forget();
    assert.deepEqual(good(await api.post('/messages', { type: 'order.shipped', payload: { order: 31 } }, { key: 'order-31' })), one);
    forget();
    problem(await api.post('/messages', { type: 'order.shipped', payload: { order: 32 } }, { key: 'order-31' }), 400, 'idempotency_key_reused');
    assert.equal(home.one("SELECT count(*) FROM message WHERE cause = 'api:order-31'"), 1);
  });

  test('a list is filtered by type, owner and time, and paged without a gap', async () => {
    const { user, body } = clerkUser();
    assert.equal((await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, body)).status, 200);
    await home.settled();
    const since = new Date().toISOString();
    const ids = [];
    for (let i = 1; i <= 7; i++) ids.unshift((await shipped(i, i % 2 ? { user } : { organization: 'org_1' })).id);
    const list = async (query, limit = 3) => (await api.walk(`/messages?${query}`, { limit })).map((one) => one.id);
    assert.deepEqual(await list(`type=order.shipped&since=${since}`), ids);
    assert.deepEqual(await list(`user=${user}&type=order.shipped`), ids.filter((_, i) => i % 2 === 0));
    assert.deepEqual(await list(`organization=org_1&since=${since}`), ids.filter((_, i) => i % 2 === 1));
    assert.deepEqual(await list(`since=${since}&type=no.such`), []);
    assert.ok(!(await list(`until=${since}`, 50)).some((id) => ids.includes(id)));
    assert.equal(good(await api.get(`/messages/${ids[0]}`)).payload.order, 7);
    problem(await api.get('/messages?since=yesterday'), 400, 'bad_request');
    problem(await api.get(`/messages/${ids[0].slice(0, -1)}${ids[0].endsWith('0') ? '1' : '0'}`), 404, 'not_found');
    problem(await api.get('/messages/12'), 404, 'not_found');
  });
});

describe('deliveries', () => {
  test('a REST hook: subscribe, list samples, receive, unsubscribe, and nothing comes after', async () => {
    const hooks = api.as(home.token({ name: 'zapier', scopes: 'endpoints:read endpoints:write messages:read' }).token);
    const listed = good(await hooks.get('/event-types/order.shipped/samples?limit=3'));
    assert.equal(listed.data[0].type, 'order.shipped');
    const hook = good(await hooks.post('/endpoints', { url: sink.url('zap'), types: ['order.shipped'] }), 201);
    const put = await shipped(501, { user: undefined });
    const got = await sink.one('zap', hook.secret);
    assert.deepEqual(got.data, { order: 501 });
    assert.equal(got.headers['webhook-id'], put.id);
    const { headers, ...body } = got;
    assert.deepEqual(Object.keys(good(await hooks.get('/event-types/order.shipped/samples')).data[0]).sort(), Object.keys(body).sort(),
      'a sample looks as what is sent');
    good(await hooks.call('DELETE', `/endpoints/${hook.id}`));
    const other = await endpoint();
    const next = await shipped(502);
    await sink.one(other.name, other.secret);
    await delivery(next.id, 'delivered', other.id);
    assert.equal(sink.at('zap').length, 1);
    problem(await hooks.get(`/endpoints/${hook.id}`), 404, 'not_found');
    await remove(other);
  });

  test('a type that was never put has the catalogue\'s sample, and an unknown one none', async () => {
    const sample = good(await api.get('/event-types/subscription.past_due/samples')).data;
    assert.equal(sample.length, 1);
    assert.equal(sample[0].data.status, 'past_due');
    assert.equal(good(await api.get('/event-types/stripe.invoice.paid/samples')).data[0].type, 'stripe.invoice.paid');
    problem(await api.get('/event-types/no.such/samples'), 404, 'not_found');
    problem(await api.get('/event-types/order.shipped/samples?limit=11'), 400, 'bad_request');
  });

  test('a received event is handed on to who asks for it by name', async () => {
    const one = await endpoint({ types: ['stripe.customer.created'] });
    const event = stripeEvent('customer.created', { id: 'cus_relayed', object: 'customer', livemode: false });
    assert.equal((await send(web.url('/webhooks/stripe'), 'stripe', home.secret.stripe, event.body)).status, 200);
    const got = await sink.one(one.name, one.secret);
    assert.equal(got.type, 'stripe.customer.created');
    assert.equal(got.data.data.object.id, 'cus_relayed');
    await remove(one);
  });

  test('an example goes to one endpoint alone, whatever it asks for, and is marked', async () => {
    const one = await endpoint({ types: ['no.such'] }), all = await endpoint({ types: ['*'] });
    const sent = good(await api.post(`/endpoints/${one.id}/test`, { type: 'order.shipped' }), 202);
    const got = await sink.one(one.name, one.secret);
    assert.deepEqual(got.data, { order: 17 });
    assert.equal(got.headers['webhook-id'], sent.message);
    assert.equal((await delivery(sent.message, 'delivered')).id, sent.delivery);
    assert.equal(good(await api.get(`/messages/${sent.message}`)).test, true);
    good(await api.post(`/endpoints/${one.id}/test`, { type: 'stripe.invoice.paid' }), 202);
    assert.equal((await sink.one(one.name, one.secret, 2)).data.type, 'invoice.paid');
    await shipped(601);
    await sink.one(all.name, all.secret);
    assert.equal(sink.at(all.name).length, 1, 'only what was put for everybody');
    problem(await api.post(`/endpoints/${one.id}/test`, { type: 'no.such' }), 404, 'not_found');
    problem(await api.post(`/endpoints/${one.id}/test`, {}), 400, 'bad_request');
    good(await api.post(`/endpoints/${one.id}/pause`));
    problem(await api.post(`/endpoints/${one.id}/test`, { type: 'order.shipped' }), 422, 'impossible');
    await remove(one, all);
  });

  test('a pause holds, and resume sends all that it held, in the end also what was open before', async () => {
    const one = await endpoint();
    sink.answers.set(`/${one.name}`, 503);
    const first = await shipped(701);
    await until('it was tried', () => sink.at(one.name).length > 0, 15000);
    good(await api.post(`/endpoints/${one.id}/pause`, { reason: 'maintenance' }));
    assert.equal(good(await api.get(`/endpoints/${one.id}`)).state_why, 'maintenance');
    const second = await shipped(702);
    await delivery(first.id, 'held');
    await delivery(second.id, 'held');
    const came = sink.at(one.name).length;
    await sleep(300 * slow);
    assert.equal(sink.at(one.name).length, came);
    sink.answers.delete(`/${one.name}`);
    const resumed = good(await api.post(`/endpoints/${one.id}/resume`));
    assert.equal(resumed.state, 'enabled');
    await delivery(first.id, 'delivered');
    await delivery(second.id, 'delivered');
    assert.equal(good(await api.get(`/recoveries/${resumed.recovery}`)).done, 2);
    assert.equal(good(await api.post(`/endpoints/${one.id}/resume`)).recovery, null, 'again it does nothing');
    await remove(one);
  });

  test('what a disabled endpoint missed is counted, and sent when somebody asks', async () => {
    const one = await endpoint();
    const since = new Date().toISOString();
    good(await api.post(`/endpoints/${one.id}/disable`));
    problem(await api.post(`/endpoints/${one.id}/resume`), 422, 'impossible');
    problem(await api.post(`/endpoints/${one.id}/pause`), 422, 'impossible');
    const put = [await shipped(801), await shipped(802), await shipped(803)];
    for (const { id } of put) await delivery(id, 'held', one.id);
    problem(await api.post(`/endpoints/${one.id}/recover`, { what: 'missed' }), 422, 'impossible');
    assert.equal(good(await api.post(`/endpoints/${one.id}/enable`)).recovery, null);
    assert.deepEqual(good(await api.get(`/endpoints/${one.id}/recover?what=missed&since=${since}`)), { what: 'missed', count: 3, more: false });
    assert.equal(good(await api.get(`/endpoints/${one.id}/recover?what=failed`)).count, 0);
    assert.equal(sink.at(one.name).length, 0);
    const job = good(await api.post(`/endpoints/${one.id}/recover`, { what: 'missed', since, rate: 100 }), 202);
    for (const { id } of put) await delivery(id, 'delivered', one.id);
    const over = await until('it is over', async () => {
      const now = (await api.get(`/recoveries/${job.id}`)).json;
      return now.state === 'done' && now;
    });
    assert.equal(over.done, 3);
    good(await api.post(`/recoveries/${job.id}/stop`));
    problem(await api.get('/recoveries/99999'), 404, 'not_found');
    assert.deepEqual(good(await api.get(`/recoveries?endpoint=${one.id}`)), { data: [over], next: null });
    assert.deepEqual(good(await api.get(`/recoveries?endpoint=${one.id}&state=running`)).data, []);
    const [newest] = good(await api.get('/recoveries?state=done&limit=1')).data;
    assert.deepEqual(newest, over);
    const before = good(await api.get(`/recoveries?limit=200&after=${over.id}`)).data;
    assert.ok(before.length > 0 && before.every(({ id }) => Number(id) < Number(over.id)), JSON.stringify(before));
    problem(await api.get('/recoveries?endpoint=nobody'), 404, 'not_found');
    problem(await api.get('/recoveries?state=sleeping'), 400, 'bad_request');
    for (const body of [{}, { what: 'all' }, { what: 'failed', rate: -1 }, { what: 'failed', since: 'monday' },
      { what: 'failed', since: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }])
      problem(await api.post(`/endpoints/${one.id}/recover`, body), 400, 'bad_request');
    await remove(one);
  });

  test('an endpoint made later can have what was put before it was there', async () => {
    const since = new Date().toISOString();
    const put = await shipped(901);
    await handed();
    const one = await endpoint();
    assert.equal(good(await api.get(`/endpoints/${one.id}/recover?what=missed&since=${since}`)).count, 1);
    good(await api.post(`/endpoints/${one.id}/recover`, { what: 'missed', since }), 202);
    assert.equal((await sink.one(one.name, one.secret)).headers['webhook-id'], put.id);
    await remove(one);
  });

  test('each attempt shows request, answer and times; one is canceled, and sent again', async () => {
    const one = await endpoint();
    sink.answers.set(`/${one.name}`, 500);
    const { id } = await shipped(1001);
    const { id: number } = await until('it was tried', async () =>
      (await api.get(`/deliveries?message=${id}`)).json.data.find((d) => d.attempts > 0 && d.status === 'pending'), 15000);
    const shown = good(await api.get(`/deliveries/${number}`));
    const [attempt] = shown.attempt_log;
    assert.deepEqual([shown.why, attempt.status, attempt.good, attempt.error], ['http 500', 500, false, null]);
    assert.match(attempt.response_fields, /^HTTP\/1\.1 500/);
    assert.equal(attempt.request_fields['webhook-id'], id);
    assert.ok(attempt.took_us > 0 && attempt.address === '127.0.0.1');
    assert.equal(good(await api.post(`/deliveries/${number}/cancel`)).status, 'canceled');
    problem(await api.post(`/deliveries/${number}/cancel`), 409, 'conflict');
    sink.answers.delete(`/${one.name}`);
    good(await api.post(`/deliveries/${number}/resend`));
    await delivery(id, 'delivered', one.id);
    assert.deepEqual((await api.walk(`/deliveries?endpoint=${one.id}&status=delivered`, { limit: 1 })).map((d) => d.id), [number]);
    assert.deepEqual((await api.walk(`/deliveries?endpoint=${one.id}`, { limit: 1 })).map((d) => d.id), [number]);
    problem(await api.get('/deliveries/99999999'), 404, 'not_found');
    problem(await api.get('/deliveries?endpoint=nobody'), 404, 'not_found');
    problem(await api.get('/deliveries?status=lost'), 400, 'bad_request');
    good(await api.post(`/endpoints/${one.id}/pause`));
    problem(await api.post(`/deliveries/${number}/resend`), 422, 'impossible');
    await remove(one);
  });

  test('while a secret is rotated both sign; by v1a the published key verifies', async () => {
    const one = await endpoint();
    const next = good(await api.post(`/endpoints/${one.id}/secret/rotate`));
    assert.notEqual(next.secret, one.secret);
    assert.equal(good(await api.post(`/endpoints/${one.id}/secret/reveal`)).secret, next.secret);
    assert.deepEqual(good(await api.get(`/endpoints/${one.id}/jwks.json`, { token: null })), { keys: [] });
    const pair = good(await api.post(`/endpoints/${one.id}/secret/rotate`, { kind: 'v1a' }));
    assert.match(pair.secret, /^whsk_/);
    await shipped(1101, {});
    await sink.one(one.name, one.secret);
    await sink.one(one.name, next.secret);
    const { headers, body } = sink.at(one.name)[0];
    const { keys } = good(await api.get(`/endpoints/${one.id}/jwks.json`, { token: null }));
    assert.equal(keys.length, 1);
    const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
    const v1a = headers['webhook-signature'].split(' ').find((s) => s.startsWith('v1a,')).slice(4);
    assert.ok(verify(null, signed, createPublicKey({ key: keys[0], format: 'jwk' }), Buffer.from(v1a, 'base64')));
    assert.equal(pair.public.slice(5).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'), keys[0].x);
    good(await api.post(`/endpoints/${one.id}/secret/rotate`, { kind: 'v1a' }));
    assert.equal((await api.get(`/endpoints/${one.id}/jwks.json`)).json.keys.length, 2, 'both during the rotation');
    good(await api.call('DELETE', `/endpoints/${one.id}/v1a`));
    assert.equal((await api.get(`/endpoints/${one.id}/jwks.json`)).json.keys.length, 0);
    problem(await api.post(`/endpoints/${one.id}/secret/rotate`, { kind: 'v2' }), 400, 'bad_request');
    problem(await api.post(`/endpoints/${one.id}/secret/rotate`, { secret: 'whsec_short' }), 400, 'bad_request');
    problem(await api.get('/endpoints/ep_99999/jwks.json', { token: null }), 404, 'not_found');
    await remove(one);
  });
});

describe('the command', () => {
  test('does what the interface does, and each says what the other did', async () => {
    const one = hk(['endpoint', 'add', sink.url('cli'), '--types', 'parcel.*', '--description', 'by hand', '--header', 'X-A: b', '--rate', '500']);
    assert.deepEqual((await api.get(`/endpoints/${one.id}`)).json, hk(['endpoint', 'show', one.id]));
    assert.ok(hk(['endpoint', 'list']).endpoints.some((e) => e.id === one.id));
    assert.equal(hk(['endpoint', 'secret', one.id]).secret, one.secret);
    home.write(path.join(home.dir, 'schema.json'), '{"type":"object","required":["parcel"]}');
    hk(['type', 'set', 'parcel.lost', '--schema', path.join(home.dir, 'schema.json'), '--description', 'It is gone.']);
    assert.ok(hk(['type', 'list', '--relayed']).types.some((t) => t.name === 'parcel.lost'));
    const message = hk(['message', 'send', 'parcel.lost', '--file', '-', '--key', 'k1'], { input: '{"parcel":1}' });
    assert.deepEqual(hk(['message', 'send', 'parcel.lost', '--payload', '{"parcel":1}', '--key', 'k1']), { id: message.id, fresh: false });
    const got = await sink.one('cli', one.secret);
    assert.deepEqual([got.data, got.headers['x-a'], got.headers['webhook-id']], [{ parcel: 1 }, 'b', message.id]);
    await delivery(message.id, 'delivered');
    const shown = hk(['message', 'show', message.id]);
    assert.deepEqual([shown.payload, shown.deliveries.length], [{ parcel: 1 }, 1]);
    assert.equal(hk(['delivery', 'show', shown.deliveries[0].id]).attempt_log[0].status, 204);
    hk(['endpoint', 'change', one.id, '--description', '', '--rate', '0', '--no-headers']);
    const { description, rate, has_headers: fields } = (await api.get(`/endpoints/${one.id}`)).json;
    assert.deepEqual([description, rate, fields], [null, null, false]);
    const rotated = hk(['endpoint', 'rotate', one.id, '--kind', 'v1a']);
    assert.match(rotated.public, /^whpk_/);
    hk(['endpoint', 'rotate', one.id, '--drop-v1a']);
    const tried = hk(['endpoint', 'test', one.id]);
    await delivery(tried.message, 'delivered');
    hk(['type', 'rm', 'parcel.lost']);
    hk(['endpoint', 'rm', one.id]);
    assert.ok(home.sql(`SELECT action FROM audit_log WHERE subject = 'endpoint:${one.id}' AND via = 'command'`).length >= 6);
  });

  test('counts before it recovers, and asks unless it is told not to', async () => {
    const one = hk(['endpoint', 'add', sink.url('recover'), '--types', 'order.shipped']);
    hk(['endpoint', 'disable', one.id, '--why', 'broken']);
    for (const order of [1201, 1202]) await shipped(order);
    await handed();
    assert.equal(home.hk(['endpoint', 'resume', one.id]).status, 1);
    hk(['endpoint', 'enable', one.id]);
    assert.equal(hk(['delivery', 'recover', one.id, '--what', 'missed', '--since', '1h', '--dry-run']).count >= 2, true);
    const asked = home.hk(['delivery', 'recover', one.id, '--what', 'missed']);
    assert.equal(asked.status, 64, asked.err);
    assert.match(asked.err, /say --yes/);
    const since = new Date(Date.now() - 60000).toISOString();
    const done = hk(['delivery', 'recover', one.id, '--what', 'missed', '--since', since, '--yes', '--rate', '1000']);
    assert.equal(done.sent, done.count);
    await until('all came', () => sink.at('recover').length >= done.count, 15000);
    assert.equal(home.hk(['delivery', 'recover', one.id, '--what', 'failed', '--yes']).status, 1, 'there is nothing');
    const [last] = await until('one is settled', () => {
      const { deliveries } = hk(['delivery', 'list', '--endpoint', one.id, '--status', 'delivered', '--limit', '1']);
      return deliveries.length > 0 && deliveries;
    });
    hk(['delivery', 'resend', last.id]);
    await until('it came again', () => sink.at('recover').length > done.count, 15000);
    await until('and is settled', () => hk(['delivery', 'show', String(last.id)]).status === 'delivered');
    assert.equal(home.hk(['delivery', 'cancel', last.id]).status, 1, 'nothing is open');
    hk(['endpoint', 'rm', one.id]);
  });

  test('says what is wrong, by its status', () => {
    for (const [status, ...args] of [
      [64, 'endpoint', 'add', 'https://example.com/'], [64, 'endpoint', 'add', 'http://10.1.2.3/', '--types', '*'],
      [64, 'endpoint', 'show', 'nonsense'], [1, 'endpoint', 'show', 'ep_99999'], [1, 'endpoint', 'rm', 'ep_99999'],
      [1, 'message', 'send', 'no.such', '--payload', '{}'], [64, 'message', 'send', 'order.shipped', '--payload', '{"order":"x"}'],
      [64, 'message', 'send', 'order.shipped'], [1, 'message', 'send', 'user.created', '--payload', '{}'],
      [64, 'message', 'show', 'x'], [1, 'delivery', 'show', '999999'], [64, 'delivery', 'show', 'x'],
      [64, 'delivery', 'recover', 'ep_1'], [1, 'type', 'rm', 'no.such'], [1, 'type', 'set', 'user.created'],
      [74, 'type', 'set', 'a.b', '--schema', '/nonexistent'],
    ]) {
      const run = home.hk(args);
      assert.equal(run.status, status, `${args.join(' ')}: ${run.status} ${run.err}`);
      assert.equal(run.out, '', args.join(' '));
      assert.notEqual(run.err, '', args.join(' '));
    }
  });

  test('key rotate seals everything anew, so that the old key can go', async () => {
    const one = await endpoint({ headers: { 'X-Secret': 'geheim' } });
    const { user, body } = clerkUser();
    assert.equal((await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, body)).status, 200);
    await home.settled();
    const [hidden] = (await api.get(`/users/${user}/keys`)).json.data;
    const conf = fs.readFileSync(home.conf, 'utf8');
    const fresh = randomBytes(32).toString('base64');
    const set = (keys) => { home.write(home.conf, conf.replace(`key = ${key}`, `key = ${keys}`)); fs.chmodSync(home.conf, 0o600); };
    set(`${fresh} ${key}`);
    const counted = hk(['key', 'rotate']);
    assert.ok(counted.endpoints >= 2 && counted.api_keys >= 1, JSON.stringify(counted));
    assert.deepEqual(hk(['key', 'rotate']), { endpoints: 0, api_keys: 0, second_factors: 0 });
    set(fresh);
    assert.equal(hk(['endpoint', 'secret', one.id]).secret, one.secret);
    assert.notEqual(hidden, undefined);
    set(key);
    const lost = home.hk(['key', 'rotate']);
    assert.notEqual(lost.status, 0);
    assert.match(lost.err, /none of the keys/);
    set(`${key} ${fresh}`);
    hk(['key', 'rotate']);
    set(key);
    assert.equal(hk(['endpoint', 'secret', one.id]).secret, one.secret);
    good(await api.post(`/keys/${hidden.id}/reveal`));
    await remove(one);
  });
});

describe('the examples of docs/webhooks.md', () => {
  const text = fs.readFileSync(path.join(root, 'docs/webhooks.md'), 'utf8');
  const example = (name) => {
    const found = new RegExp(`<!-- example: ${name} -->\\n\`\`\`\\w+\\n([^]*?)\\n\`\`\`\\n`).exec(text);
    assert.ok(found, name);
    return found[1];
  };
  // A receiver as the page has it: what it says of a good delivery, and its answer to a bad one.
  const receives = async (name, file, command, how = {}) => {
    const port = await freePort();
    home.write(file, example(name));
    const one = good(await api.post('/endpoints', { url: `http://127.0.0.1:${port}/`, types: ['order.*'] }), 201);
    const child = home.start(command, [file], { ...how, stdio: ['ignore', 'pipe', 'pipe'],
      env: { WEBHOOK_SECRET: one.secret, PORT: String(port) } });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => { out += d; });
    await until(() => `${name} listens: ${out}`, () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${out}`);
      return listening(port);
    });
    const { id } = await shipped(77, { payload: { order: 77, note: 'Grüße ✓' } });
    await delivery(id, 'delivered', one.id);
    await until(() => `it says so: ${out}`, () => out.includes('order.shipped'));
    assert.equal(JSON.parse(out.trim().split('\n').at(-1).replace('order.shipped ', '')).note, 'Grüße ✓');
    const forged = await request(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{"type":"order.shipped","data":{}}', headers: {
      'webhook-id': id, 'webhook-timestamp': String(Math.floor(Date.now() / 1000)), 'webhook-signature': 'v1,AAAA' } });
    assert.equal(forged.status, 401);
    await home.stop(child);
    await remove(one);
  };

  test('Node', () => {
    fs.symlinkSync(path.join(root, 'tests/node_modules'), path.join(home.dir, 'node_modules'));
    return receives('node', path.join(home.dir, 'receiver.mjs'), process.execPath, { as: {} });
  });

  const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0;
  test('Python', { skip: !python && 'there is no python3' }, () => receives('python', path.join(home.dir, 'receiver.py'), 'python3'));

  test('curl', async () => {
    const child = home.start('sh', ['-c', example('curl').replace('https://example.com/hook', sink.url('page'))], {
      env: { HOOKKEEPER: web.url(''), HOOKKEEPER_TOKEN: api.token }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (d) => { out += d; });
    const closed = new Promise((done) => child.once('close', done));
    assert.equal((await child.gone).code, 0);
    await closed;
    const answers = out.replaceAll('}{', '}\n{').split('\n').map((line) => JSON.parse(line));
    assert.deepEqual([answers[0].state, answers[1].name, answers[2].payload], ['enabled', 'order.shipped', { order: 17 }]);
    await remove(answers[0]);
  });
});

test('every answer that the document promises was seen, but for the rare', () => {
  const rare = new Set(['413', '415', '422', '429', '503', '409', '400']);
  const unseen = [];
  for (const { method, path: at, op } of api.document.operations())
    for (const status of Object.keys(op.responses))
      if (outgoing.test(at) && !rare.has(status) && !api.document.seen.has(`${method} ${at} ${status}`)) unseen.push(`${method} ${at} ${status}`);
  assert.deepEqual(unseen, []);
});
