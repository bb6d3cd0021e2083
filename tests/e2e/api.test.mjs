// The interface for the site's own application: each call, and each way in which
// one can be wrong.  lib/api.mjs holds every answer against the served document.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Api, outgoing, Sessions } from './lib/api.mjs';
import { Home, randomId, root } from './lib/home.mjs';
import { checkout, clerkUser, resendEmail, send, stripeEvent } from './lib/senders.mjs';
import { lighttpd } from './lib/servers.mjs';

const sessions = new Sessions();
const home = new Home({ settings: {
  hookkeeper: { key: randomBytes(32).toString('base64'), trusted_proxies: '127.0.0.1' },
  api: { rate: 0 }, clerk: { session_keys: 'clerk.pem' },
} });
let web, api;

const seconds = () => Math.floor(Date.now() / 1000);
async function told(provider, body, options) {
  const answer = await send(web.url(`/webhooks/${provider}`), provider, home.secret[provider], body, options);
  assert.equal(answer.status, 200, answer.text);
  return answer.json.id;
}
async function handled(provider, body, options) {
  const id = await told(provider, body, options);
  await home.settled();
  assert.equal(home.one(`SELECT outcome FROM event WHERE id = ${id}`), 'handled',
    home.one(`SELECT coalesce(reason, error_message, waits_for) FROM event WHERE id = ${id}`));
  return id;
}
async function newUser() {
  const { user, body } = clerkUser();
  await handled('clerk', body);
  return (await api.get(`/users/${user}`)).json;
}
const subscription = (customer, status, id = `sub_${randomId(14)}`) => stripeEvent('customer.subscription.updated', {
  id, object: 'subscription', customer, status, created: seconds() - 10, cancel_at: null, canceled_at: null,
  ended_at: null, cancel_at_period_end: false, metadata: {}, livemode: false,
  items: { object: 'list', data: [{
    id: `si_${randomId(14)}`, object: 'subscription_item', quantity: 2, current_period_start: seconds() - 10,
    current_period_end: seconds() + 86400, price: { id: 'price_test', object: 'price', nickname: 'Pro' },
  }] },
}).body;
async function withCustomer() {
  const user = await newUser();
  const bought = checkout({ user: user.clerk_id, credits: 100 });
  await handled('stripe', stripeEvent('checkout.session.completed', bought).body);
  return { user, customer: bought.customer };
}
const problem = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.code, code, answer.text);
  return answer;
};
const forget = (key) => home.change(`DELETE FROM api_answer WHERE key = '${key}'`);
const audit = () => {
  const run = home.hk(['audit']);
  assert.equal(run.status, 0, run.out + run.err);
};

before(async () => {
  home.write(path.join(home.dir, 'clerk.pem'), sessions.pem);
  home.hk(['events', 'list']);
  web = await lighttpd(home);
  api = await Api.open(web, home.token().token);
});
after(async () => {
  await home.close();
});

describe('the document', () => {
  test('has the addresses, methods and scopes that there are, and no others', () => {
    const rows = [...fs.readFileSync(path.join(root, 'src/api/routes.def'), 'utf8')
      .matchAll(/^CALL\((\w+), "(\w+)", "([^"]+)", (NULL|"[^"]+"),/gm)]
      .map(([, kind, method, at, scope]) => `${method} ${at.replace(/^\/\//, '//').replace(/:(\w+)/g, '{$1}')} ${
        scope.replaceAll('"', '')}`).sort();
    const named = [...api.document.operations()].map(({ method, path: at, op, base }) => {
      const scope = op.security.length === 0 ? 'NULL' : op.security.some((s) => s.clerkSession) ? 'session' : op.security[0].bearer[0];
      if (scope !== 'NULL' && scope !== 'session')
        assert.deepEqual(op.security, [{ bearer: [scope] }, { hookkeeperToken: [scope] }], at);
      return `${method} ${base === '' ? '/' : ''}${at} ${scope}`;
    }).sort();
    assert.deepEqual(named, rows);
  });

  test('names every problem, with its status', () => {
    const rows = [...fs.readFileSync(path.join(root, 'src/api/problems.def'), 'utf8')
      .matchAll(/^P\(\w+, (\d+), "(\w+)"/gm)];
    const { code } = api.document.doc.components.schemas.Problem.properties;
    assert.deepEqual(code.enum, rows.map(([, , name]) => name));
    for (const [, status, name] of rows) assert.ok(code.description.includes(`\`${name}\` (${status})`), name);
  });

  test('is true to itself: every example is one of its schema, every reference leads somewhere', () => {
    let examples = 0;
    const look = (at, value) => {
      if (value === null || typeof value !== 'object') return;
      if (value.$ref) assert.ok(api.document.resolve(value), `${at}: ${value.$ref}`);
      if (value.schema && 'example' in value) {
        examples++;
        assert.equal(api.document.faults(value.schema, value.example), '', at);
      }
      if (Array.isArray(value.examples))
        for (const one of value.examples) {
          examples++;
          assert.equal(api.document.faults(value, one), '', at);
        }
      for (const [name, child] of Object.entries(value)) look(`${at}/${name}`, child);
    };
    look('', api.document.doc);
    assert.ok(examples > 60, `${examples} examples`);
  });

  test('is there for everybody, and is it well is too', async () => {
    assert.equal((await api.as(null).get('/openapi.json')).status, 200);
    assert.equal((await api.as(null).get('//healthz')).json.status, 'ok');
  });
});

describe('users', () => {
  test('are found by any of their names', async () => {
    const { user, customer } = await withCustomer();
    for (const name of [user.id, user.id.toUpperCase(), user.clerk_id, customer, user.email, user.email.toUpperCase()]) {
      const { json } = await api.get(`/users/${encodeURIComponent(name)}`);
      assert.equal(json.id, user.id, name);
      assert.equal(json.balance, 140);
      assert.deepEqual(json.customers, [customer]);
    }
    assert.deepEqual((await api.get(`/users?email=${encodeURIComponent(user.email)}`)).json.data.map((u) => u.id), [user.id]);
  });

  test('who were deleted stay to be looked at, and can do nothing', async () => {
    const user = await newUser();
    await handled('clerk', clerkUser(user.clerk_id, 'user.deleted').body);
    assert.ok((await api.get(`/users/${user.id}`)).json.deleted_at);
    assert.equal((await api.get(`/users/${user.id}/balance`)).json.deleted, true);
    problem(await api.post('/credits/burn', { user: user.id, amount: 1 }), 403, 'deactivated');
    problem(await api.post('/credits/grant', { user: user.id, amount: 1, note: 'x' }), 403, 'deactivated');
    problem(await api.post(`/users/${user.id}/keys`), 403, 'deactivated');
    problem(await api.post('/users', { clerk_id: user.clerk_id }), 403, 'deactivated');
    problem(await api.get(`/users/${user.id}/stream-token`), 403, 'deactivated');
    const ids = async (query) => (await api.walk(`/users${query}`, { limit: 200 })).map((u) => u.id);
    assert.ok((await ids('?deleted=true')).includes(user.id));
    assert.ok(!(await ids('?deleted=false')).includes(user.id));
    assert.ok((await ids('')).includes(user.id));
  });

  test('the application makes one, Clerk completes it', async () => {
    const made = await api.post('/users', { external_id: `x-${randomId(8)}`, email: `${randomId(8)}@example.com`, first_name: 'Eve' });
    assert.equal(made.status, 201);
    const again = await api.post('/users', { external_id: made.json.external_id });
    assert.equal(again.status, 200);
    assert.deepEqual(again.json, made.json);
    const { user, body } = clerkUser();
    const event = JSON.parse(body);
    event.data.external_id = made.json.external_id;
    await handled('clerk', JSON.stringify(event));
    const { json } = await api.get(`/users/${made.json.id}`);
    assert.equal(json.clerk_id, user);
    assert.equal(json.first_name, 'Ada');
    assert.equal(json.balance, 40, 'the bonus came with Clerk');
    assert.equal(home.one(`SELECT count(*) FROM message WHERE owner = '${json.id}' AND type = 'user.created'`), 1);
    assert.deepEqual((await api.get(`/users?external_id=${made.json.external_id}`)).json.data.map((u) => u.id), [json.id]);
    audit();
  });

  for (const [who, names] of [
    ['Clerk id', (u) => ({ clerk_id: u.user })],
    ['external id', (u) => ({ external_id: u.external })],
    ['address', (u) => ({ email: u.email })],
    ['all of them', (u) => ({ clerk_id: u.user, external_id: u.external, email: u.email })],
  ])
    test(`whoever comes first, it is one user: ${who}, 12 at once`, async () => {
      for (let round = 0; round < 4; round++) {
        const { user, body } = clerkUser();
        const event = JSON.parse(body);
        const u = { user, external: `x-${randomId(8)}`, email: event.data.email_addresses[0].email_address };
        event.data.external_id = u.external;
        const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => i % 3 === round % 3
          ? told('clerk', JSON.stringify(event), { id: `msg_${randomId()}` })
          : api.post('/users', names(u))));
        await home.settled();
        const ids = new Set(answers.filter((a) => a.json).map((a) => a.json.id));
        assert.equal(ids.size, 1);
        assert.equal(answers.filter((a) => a.status === 201).length <= 1, true);
        const found = (await api.get(`/users/${user}`)).json;
        assert.equal(found.id, [...ids][0]);
        assert.equal(found.balance, 40);
        assert.equal(home.one(`SELECT count(*) FROM site_user WHERE clerk_id = '${user}' OR app_id = '${u.external}'
          OR lower(email) = '${u.email}'`), 1);
      }
    });

  test('names of two users are a conflict', async () => {
    const one = (await api.post('/users', { external_id: `x-${randomId(8)}` })).json;
    const { clerk_id } = await newUser();
    problem(await api.post('/users', { external_id: one.external_id, clerk_id }), 409, 'conflict');
    problem(await api.post('/users', { first_name: 'Eve' }), 400, 'bad_request');
  });
});

describe('credits', () => {
  test('are burned, all or none', async () => {
    const user = await newUser();
    const burned = await api.post('/credits/burn', { user: user.clerk_id, amount: 15, note: 'a picture ✓' });
    assert.equal(burned.status, 200);
    assert.equal(burned.json.balance, 25);
    const short = problem(await api.post('/credits/burn', { user: user.id, amount: 26 }), 402, 'insufficient_credits');
    assert.equal(short.json.balance, 25);
    assert.equal(short.json.needed, 26);
    assert.equal((await api.post('/credits/burn', { user: user.email, amount: 25 })).json.balance, 0);
    assert.deepEqual((await api.get(`/users/${user.id}/balance`)).json,
      { user: user.id, organization: null, balance: 0, good_standing: true, deleted: false });
    const { data } = (await api.get(`/users/${user.id}/ledger`)).json;
    assert.deepEqual(data.map((t) => [t.kind, t.amount, t.balance]), [['burn', -25, 0], ['burn', -15, 25], ['signup_bonus', 40, 40]]);
    assert.equal(data[1].note, 'a picture ✓');
    assert.equal(data[1].id, burned.json.transfer);
    assert.equal(data[1].event, null);
    assert.equal(data[2].event.type, 'user.created');
    audit();
  });

  test('of somebody whose payment is overdue are not burned', async () => {
    const { user, customer } = await withCustomer();
    await handled('stripe', subscription(customer, 'past_due'));
    problem(await api.post('/credits/burn', { user: user.id, amount: 1 }), 403, 'past_due');
    assert.equal((await api.get(`/users/${user.id}/balance`)).json.good_standing, false);
    const key = (await api.post(`/users/${user.id}/keys`)).json;
    const verdict = (await api.post('/keys/verify', { key: key.text, burn: 1 })).json;
    assert.deepEqual([verdict.valid, verdict.code, verdict.burned, verdict.balance], [false, 'past_due', 0, 140]);
  });

  test('are granted, and the audit log says by whom', async () => {
    const user = await newUser();
    const given = await api.post('/credits/grant', { user: user.id, amount: 60, note: 'sorry' });
    assert.equal(given.json.balance, 100);
    const [line] = home.sql(`SELECT who, via, action, after FROM audit_log WHERE subject = 'user:${user.id}'`);
    assert.equal(line.who, 'token:test');
    assert.equal(line.via, 'api');
    assert.equal(line.action, 'credits.grant');
    assert.deepEqual(JSON.parse(line.after), { amount: 60, balance: 100, transfer: given.json.transfer, note: 'sorry' });
    problem(await api.post('/credits/grant', { user: user.id, amount: 1e15, note: 'all' }), 422, 'impossible');
    assert.equal((await api.get(`/users/${user.id}/ledger`)).json.data[0].kind, 'adjust');
    audit();
  });

  test('of an organization', async () => {
    const id = `org_${randomId(20)}`;
    await handled('clerk', JSON.stringify({
      object: 'event', type: 'organization.created', timestamp: Date.now(), instance_id: 'ins_FAKE',
      data: { id, object: 'organization', name: 'Acme', slug: 'acme', created_by: 'user_x', created_at: Date.now(), updated_at: Date.now() },
    }));
    assert.equal((await api.get(`/organizations/${id}/balance`)).json.balance, 0);
    assert.deepEqual((await api.get(`/organizations/${id}/ledger`)).json, { data: [], next: null });
    assert.equal((await api.post('/credits/grant', { organization: id, amount: 9, note: 'x' })).json.organization, id);
    assert.equal((await api.post('/credits/burn', { organization: id, amount: 4 })).json.balance, 5);
    problem(await api.post('/credits/burn', { organization: id, amount: 6 }), 402, 'insufficient_credits');
    assert.deepEqual((await api.get(`/organizations/${id}/ledger`)).json.data.map((t) => t.balance), [5, 9]);
    audit();
  });

  test('one key is one burn, though nobody remembers the answer', async () => {
    const user = await newUser();
    const key = randomUUID(), body = { user: user.id, amount: 7 };
    const first = await api.post('/credits/burn', body, { key });
    const again = await api.post('/credits/burn', body, { key });
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.deepEqual(again.json, first.json);
    problem(await api.post('/credits/burn', { ...body, amount: 8 }, { key }), 400, 'idempotency_key_reused');
    // A day later the answer is forgotten; the ledger is not.
    forget(key);
    const later = await api.post('/credits/burn', body, { key });
    assert.equal(later.headers['idempotent-replayed'], undefined);
    assert.deepEqual(later.json, first.json);
    forget(key);
    problem(await api.post('/credits/burn', { ...body, amount: 8 }, { key }), 400, 'idempotency_key_reused');
    assert.equal((await api.get(`/users/${user.id}`)).json.balance, 33);
  });

  test('one reference is one burn, whatever the keys', async () => {
    const user = await newUser();
    const body = { user: user.id, amount: 7, reference: `job-${randomId(8)}` };
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.post('/credits/burn', body, { key: randomUUID() })));
    assert.deepEqual(new Set(answers.map((a) => a.json.transfer)).size, 1);
    assert.equal((await api.get(`/users/${user.id}`)).json.balance, 33);
    problem(await api.post('/credits/burn', { ...body, amount: 8 }), 400, 'idempotency_key_reused');
    problem(await api.post('/credits/burn', { ...body, user: (await newUser()).id }), 400, 'idempotency_key_reused');
    const named = await api.post('/credits/burn', { user: user.id, amount: 1 }, { key: body.reference });
    assert.equal(named.json.balance, 32, 'a key of the same name is another one');
  });
});

describe('keys', () => {
  test('are made, verified, burned by, revoked', async () => {
    const user = await newUser();
    const made = await api.post(`/users/${user.id}/keys`, { name: 'laptop' });
    assert.equal(made.status, 201);
    assert.match(made.json.text, /^hk_[0-9A-Za-z]{43}$/);
    const good = (await api.post('/keys/verify', { key: made.json.text, burn: 3, note: 'GET /x' })).json;
    assert.deepEqual([good.valid, good.code, good.user, good.key, good.burned, good.balance],
      [true, 'valid', user.id, made.json.id, 3, 37]);
    const looked = (await api.post('/keys/verify', { key: made.json.text })).json;
    assert.deepEqual([looked.valid, looked.burned, looked.balance, looked.transfer], [true, 0, 37, null]);
    const short = (await api.post('/keys/verify', { key: made.json.text, burn: 38 })).json;
    assert.deepEqual([short.valid, short.code, short.burned, short.balance, short.transfer],
      [false, 'insufficient_credits', 0, 37, null]);
    const listed = (await api.get(`/users/${user.id}/keys`)).json.data;
    assert.deepEqual(listed.map((k) => k.name), ['laptop', 'default']);
    assert.ok(listed[0].used_at);
    assert.ok(!JSON.stringify(listed).includes(made.json.text));
    assert.ok((await api.call('DELETE', `/keys/${made.json.id}`)).json.revoked_at);
    assert.equal((await api.call('DELETE', `/keys/${made.json.id}`)).status, 200);
    const gone = (await api.post('/keys/verify', { key: made.json.text, burn: 1 })).json;
    assert.deepEqual([gone.valid, gone.code, gone.user, gone.balance], [false, 'not_found', null, null]);
    audit();
  });

  test('that came with the user are revealed once', async () => {
    const user = await newUser();
    const [key] = (await api.get(`/users/${user.id}/keys`)).json.data;
    assert.equal(key.revealed, false);
    const answers = await Promise.all(Array.from({ length: 6 }, () => api.post(`/keys/${key.id}/reveal`)));
    const shown = answers.filter((a) => a.status === 200);
    assert.equal(shown.length, 1);
    for (const other of answers.filter((a) => a.status !== 200)) problem(other, 409, 'conflict');
    assert.equal((await api.post('/keys/verify', { key: shown[0].json.text })).json.user, user.id);
    assert.equal(shown[0].json.revealed, true);
  });

  test('a repeated request shows the same text again', async () => {
    const user = await newUser();
    const key = randomUUID();
    const [one, two] = [await api.post(`/users/${user.id}/keys`, {}, { key }), await api.post(`/users/${user.id}/keys`, {}, { key })];
    assert.equal(one.json.text, two.json.text);
    assert.equal((await api.get(`/users/${user.id}/keys`)).json.data.length, 2);
    assert.ok(!home.sql('SELECT * FROM api_answer').some((row) => JSON.stringify(row).includes(one.json.text)), 'kept sealed');
  });
});

describe('what was sent', () => {
  test('subscriptions, with what counts now', async () => {
    const { user, customer } = await withCustomer();
    const id = `sub_${randomId(14)}`;
    await handled('stripe', subscription(customer, 'active', id));
    const [listed] = (await api.get(`/users/${user.id}/subscriptions`)).json.data;
    assert.deepEqual([listed.id, listed.status, listed.plan, listed.quantity, listed.user], [id, 'active', 'price_test', 2, user.id]);
    const one = (await api.get(`/subscriptions/${id}`)).json;
    assert.equal(one.parts.length, 1);
    assert.deepEqual((await api.get(`/subscriptions?user=${user.id}&status=active&provider=stripe`)).json.data.map((s) => s.id), [id]);
    assert.deepEqual((await api.get(`/subscriptions?user=${user.id}&status=canceled`)).json.data, []);
    assert.ok((await api.walk('/subscriptions', { limit: 1 })).some((s) => s.id === id));
    assert.deepEqual((await api.get('/subscriptions?organization=org_none')).json.data, []);
  });

  test('plans', async () => {
    for (const [ref, credits] of [['price_a', '100'], ['price_b', '200'], ['plink_a', '5']])
      assert.equal(home.hk(['plan', 'set', ref, '--credits', credits]).status, 0);
    assert.deepEqual((await api.walk('/plans', { limit: 1 })).map((p) => [p.ref, p.credits]), [['plink_a', 5], ['price_a', 100], ['price_b', 200]]);
  });

  test('mails, and who is not to be written to', async () => {
    const { email, body } = resendEmail('email.delivered');
    const event = JSON.parse(body);
    event.data.to = [`Ada <${email.slice(0, 8)}@Example.com>`];
    const address = `${email.slice(0, 8)}@example.com`.toLowerCase();
    await handled('resend', JSON.stringify(event));
    assert.equal((await api.get(`/suppressions/${address}`)).json.suppressed, false);
    event.type = 'email.bounced';
    event.data.bounce = { type: 'Permanent', subType: 'General', message: 'no such box' };
    await handled('resend', JSON.stringify(event));
    const one = (await api.get(`/mails/${email}`)).json;
    assert.equal(one.state, 'bounced');
    assert.deepEqual(one.history.map((h) => h.kind).sort(), ['bounced', 'delivered']);
    assert.deepEqual((await api.get(`/mails?to=${encodeURIComponent(address.toUpperCase())}`)).json.data.map((m) => m.id), [email]);
    assert.deepEqual((await api.get(`/mails?to=${encodeURIComponent(address)}&state=sent`)).json.data, []);
    assert.ok((await api.walk('/mails?state=bounced', { limit: 1 })).some((m) => m.id === email));
    const never = (await api.get(`/suppressions/${encodeURIComponent(address.toUpperCase())}`)).json;
    assert.deepEqual([never.suppressed, never.reason], [true, 'bounce']);
    assert.ok(never.event && never.since);
    problem(await api.get('/suppressions/ada'), 400, 'bad_request');
  });

  test('events, and once more', async () => {
    const { user } = await withCustomer();
    const about = (await api.walk(`/events?user=${user.clerk_id}`, { limit: 1 })).map((e) => e.type);
    assert.deepEqual(about, ['checkout.session.completed', 'user.created']);
    const [first] = (await api.get('/events?provider=clerk&type=user.created&status=completed&limit=1')).json.data;
    const one = (await api.get(`/events/${first.id}`)).json;
    assert.equal(one.payload.data.id, user.clerk_id);
    assert.equal(one.payload_missing, null);
    const again = await api.post(`/events/${first.id}/retry`);
    assert.equal(again.status, 200);
    await home.settled();
    assert.equal((await api.get(`/events/${first.id}`)).json.outcome, 'handled');
    assert.equal((await api.get(`/users/${user.id}`)).json.balance, 140, 'nothing is granted twice');
    assert.equal(home.one(`SELECT count(*) FROM audit_log WHERE action = 'event.retry' AND subject = 'event:${first.id}'`), 1);
    assert.ok((await api.get('/events?status=failed')).json.data.every((e) => e.status === 'failed'));
    assert.deepEqual((await api.get('/events?status=pending')).json.data, []);
    problem(await api.get('/events?status=lost'), 400, 'bad_request');
    problem(await api.get('/events?user=nobody'), 404, 'not_found');
    problem(await api.get('/subscriptions?user=nobody'), 404, 'not_found');
  });

  test('one-time codes are masked', async () => {
    const id = await told('clerk', JSON.stringify({
      object: 'event', type: 'email.created', timestamp: Date.now(), instance_id: 'ins_FAKE',
      data: { id: 'ema_1', object: 'email', slug: 'verification_code', subject: '424242 is your code', body_plain: '424242',
        data: { otp_code: '424242' }, to_email_address: 'a@example.com', status: 'queued' },
    }));
    const one = await api.get(`/events/${id}`);
    assert.equal(one.json.payload.type, 'email.created');
    assert.ok(!one.text.includes('424242'));
  });
});

describe('a user’s own browser', () => {
  test('sees its own, and no one else', async () => {
    const { user, customer } = await withCustomer();
    await handled('stripe', subscription(customer, 'active'));
    const me = api.as(sessions.token(user.clerk_id));
    assert.equal((await me.get('/me')).json.id, user.id);
    assert.deepEqual((await me.get('/me/ledger')).json.data.map((t) => t.balance), [140, 40]);
    assert.equal((await me.get('/me/subscriptions')).json.data[0].user, user.id);
    assert.ok((await me.get('/me/stream-token')).json.token.length > 40);
    assert.match((await api.get(`/users/${user.id}/stream-token`)).json.token, /^[\w.:-]+$/);
    for (const path of ['/users', `/users/${user.id}`, '/events']) problem(await me.get(path), 401, 'unauthorized');
    problem(await api.get('/me'), 401, 'unauthorized');
    problem(await api.as(sessions.token(user.clerk_id, { exp: 5 })).get('/me'), 401, 'unauthorized');
    problem(await api.as(new Sessions().token(user.clerk_id)).get('/me'), 401, 'unauthorized');
    problem(await api.as(sessions.token('user_nobody')).get('/me'), 404, 'not_found');
  });
});

describe('pages', () => {
  test('have each row once while others come', async () => {
    for (let i = 0; i < 25; i++) await api.post('/users', { external_id: `page-${i}-${randomId(6)}` });
    const there = home.sql('SELECT id FROM site_user').map((row) => row.id);
    const seen = (await api.walk('/users', { limit: 4, between: () => api.post('/users', { external_id: `late-${randomId(8)}` }) }))
      .map((u) => u.id);
    assert.equal(new Set(seen).size, seen.length);
    for (const id of there) assert.ok(seen.includes(id), id);
  });

  test('of a ledger: every line once, and each balance follows from the one below', async () => {
    const user = await newUser();
    for (let i = 1; i <= 20; i++) await api.post('/credits/burn', { user: user.id, amount: 1, note: `n${i}` });
    let late = 0;
    const lines = await api.walk(`/users/${user.id}/ledger`, {
      limit: 3, between: async () => { await api.post('/credits/grant', { user: user.id, amount: 100, note: 'late' }); late++; },
    });
    assert.ok(late > 5);
    assert.deepEqual(lines.filter((t) => t.kind === 'burn').map((t) => t.note), Array.from({ length: 20 }, (_, i) => `n${20 - i}`));
    for (let i = 0; i + 1 < lines.length; i++) assert.equal(lines[i].balance, lines[i + 1].balance + lines[i].amount);
    assert.equal(lines.at(-1).balance, 40);
  });

  test('of events: every one once', async () => {
    const there = home.sql('SELECT id FROM event').map((row) => String(row.id));
    const seen = (await api.walk('/events', { limit: 7, between: () => told('resend', resendEmail().body) })).map((e) => e.id);
    assert.equal(new Set(seen).size, seen.length);
    for (const id of there) assert.ok(seen.includes(id), id);
    await home.settled();
    assert.deepEqual((await api.get('/events?limit=1&after=999999999999999')).json.data.length, 1);
  });

  test('that nobody was told of are refused', async () => {
    const { id } = await newUser();
    for (const path of ['/users?limit=0', '/users?limit=201', '/users?limit=x', '/users?limit=-1', '/users?offset=3', '/users?deleted=yes',
      '/events?after=x', '/subscriptions?after=1x', '/mails?after=x', `/users/${id}/ledger?after=x`, `/users/${id}/ledger?after=1.x`,
      `/users/${id}/ledger?after=1.99999999999999999`, '/users?email=a@b&external_id=c', '/subscriptions?user=a&organization=b'])
      problem(await api.get(path), 400, 'bad_request');
  });
});

describe('what is wrong', () => {
  const fill = (at) => at.replace('{event}', '999999999').replace('{address}', 'a@example.com')
    .replace(/\{\w+\}/g, 'none');
  const bodies = {
    '/users': { external_id: 'wrong-1' }, '/credits/burn': { user: 'none', amount: 1 },
    '/credits/grant': { user: 'none', amount: 1, note: 'x' }, '/keys/verify': { key: 'hk_none' },
  };
  const all = () => [...api.document.operations()].filter(({ op }) => op.security.length > 0);
  const address = ({ base, path: at }) => (base === '' ? '/' : '') + fill(at);

  // Wrong tokens are counted by address: each of these comes from another.
  let strangers = 0;
  const elsewhere = () => ({ 'x-forwarded-for': `198.51.${strangers >> 8}.${strangers++ & 255}` });
  const ask = (by, one) => by.call(one.method, address(one), {
    body: one.method === 'POST' ? bodies[one.path] : undefined, headers: elsewhere(),
  });

  test('no token, or one that is none', async () => {
    for (const one of all())
      for (const token of [null, 'hkt_1_nonsense', sessions.token('user_x').slice(0, -3)]) {
        const answer = problem(await ask(api.as(token), one), 401, 'unauthorized');
        assert.ok(answer.headers['www-authenticate']);
      }
  });

  test('too many wrong tokens of one address', async () => {
    const from = elsewhere();
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) =>
      api.as(`hkt_1_${randomId(43)}`).get('/users', { headers: from })));
    assert.ok(answers.filter((a) => a.status === 401).length >= 15);
    const refused = answers.filter((a) => a.status === 429);
    assert.ok(refused.length >= 20, `${refused.length} refused`);
    for (const one of refused) problem(one, 429, 'rate_limited');
    assert.equal((await api.get('/users', { headers: from })).status, 200, 'a good one is not among them');
  });

  test('another scope', async () => {
    const scopes = new Set(all().map(({ op }) => op['x-scopes'][0]).filter(Boolean));
    const only = {}, without = {};
    for (const one of all()) {
      const [scope] = one.op['x-scopes'];
      if (!scope) continue;
      const others = without[scope] ??= api.as(home.token({ scopes: [...scopes].filter((s) => s !== scope).join(' ') }).token);
      problem(await ask(others, one), 403, 'missing_scope');
      only[scope] ??= api.as(home.token({ scopes: scope }).token);
      assert.notEqual((await ask(only[scope], one)).status, 403);
    }
  });

  test('another method, another address', async () => {
    const methods = {};
    for (const one of api.document.operations()) (methods[address(one)] ??= []).push(one.method);
    for (const [at, known] of Object.entries(methods))
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
        if (!known.includes(method) && at !== '/keys/verify' && at !== '/me') {
          const answer = problem(await api.call(method, at), 405, 'method_not_allowed');
          for (const name of known) assert.ok(answer.headers.allow.includes(name), at);
        }
    for (const at of ['/', '/user', '/users/a/b', '/users//balance', '/credits'])
      problem(await api.get(at, { headers: {} }), 404, 'not_found');
  });

  test('unknown ids', async () => {
    const missing = [];
    for (const one of all()) {
      if (!one.path.includes('{') || one.path.includes('{address}') || outgoing.test(one.path)) continue;
      problem(await api.call(one.method, address(one)), 404, 'not_found');
      missing.push(one.path);
    }
    assert.ok(missing.length >= 15);
    for (const body of [{ user: 'none' }, { organization: 'org_none' }, { user: randomUUID() }, { user: 'cus_none' }, { user: 'a@none' }]) {
      problem(await api.post('/credits/burn', { ...body, amount: 1 }), 404, 'not_found');
      problem(await api.post('/credits/grant', { ...body, amount: 1, note: 'x' }), 404, 'not_found');
    }
    for (const event of ['0', '-1', '1e3', 'x', '99999999999999999999', '1%20', "1'--"])
      problem(await api.get(`/events/${event}`), 404, 'not_found');
  });

  test('bodies of another shape', async () => {
    const { id } = await newUser();
    const good = { user: id, amount: 1 };
    const bad = [
      undefined, [], 'x', 1, null, {}, { user: id }, { amount: 1 }, { ...good, amount: 0 }, { ...good, amount: -1 }, { ...good, amount: 1.5 },
      { ...good, amount: '1' }, { ...good, amount: null }, { ...good, amount: true }, { ...good, amount: [1] }, { ...good, amount: 1e15 + 1 },
      { ...good, user: 1 }, { ...good, user: null }, { ...good, user: '' , organization: 'o' }, { ...good, organization: 'org_1' }, { ...good, note: 1 },
      { ...good, note: 'x'.repeat(501) }, { ...good, reference: 'x'.repeat(201) }, { ...good, more: 1 }, { ...good, user: 'x'.repeat(300) },
    ];
    for (const body of bad) problem(await api.post('/credits/burn', body), 400, 'bad_request');
    const raw = [
      '{', '{"user":"', `{"user":"${id}","amount":1}x`, `{"user":"${id}","amount":1,"amount":1}`, `{"user":"${id}","amount":1e400}`,
      `{"user":"${id}","amount":1e0}`, `{"user":"${id}","amount":99999999999999999999999999}`, `{"user":"${id}","amount":-99999999999999999999}`,
      `{"user":"${id}","amount":01}`, `{"user":"${id}","amount":+1}`, `{"user":"${id}","amount":0x1}`, `{"user":"${id}","amount":NaN}`,
      `{"user":"${id}","amount":1.0}`, `{"user":"${id}\\u0000","amount":1}`, `{"user":"${id}","amount":1,"note":"\\ud800"}`,
      `{'user':'${id}','amount':1}`, `{"user":"${id}","amount":1,}`, `\ufeff{"user":"${id}","amount":1}`,
      '['.repeat(1900), `{"a":${'['.repeat(200)}${']'.repeat(200)}}`, `${'{"a":'.repeat(1900)}1${'}'.repeat(1900)}`,
      Buffer.concat([Buffer.from(`{"user":"${id}","amount":1,"note":"`), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from('"}')]),
      Buffer.from([0, 1, 2, 3]),
    ];
    for (const bytes of raw) problem(await api.call('POST', '/credits/burn', { raw: bytes }), 400, 'bad_request');
    assert.equal((await api.get(`/users/${id}`)).json.balance, 40, 'nothing was burned by any of them');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', ''])
      problem(await api.post('/credits/burn', good, { headers: { 'content-type': type } }), 415, 'unsupported_media_type');
    assert.equal((await api.post('/credits/burn', good, { headers: { 'content-type': 'Application/JSON; charset=utf-8' } })).status, 200);
    problem(await api.post('/credits/burn', { ...good, note: 'x'.repeat(300000) }), 413, 'too_large');
    // Refused before anybody looks for a token: a problem like all others.
    problem(await api.post('/credits/burn', { ...good, note: 'x'.repeat(1200000) }), 413, 'too_large');
    const fields = Object.fromEntries(Array.from({ length: 210 }, (_, i) => [`x-field-${i}`, '1']));
    problem(await api.post('/credits/burn', good, { headers: fields }), 413, 'too_large');
    for (const key of ['a b', 'x'.repeat(256), 'ä'])
      problem(await api.call('POST', '/credits/burn', { body: good, headers: { 'idempotency-key': Buffer.from(key).toString('latin1') } }), 400, 'bad_request');
  });

  test('bodies of another shape, at every address that takes one', async () => {
    const user = await newUser();
    const [key] = (await api.get(`/users/${user.id}/keys`)).json.data;
    const [event] = (await api.get(`/events?user=${user.id}`)).json.data;
    for (const one of all().filter(({ method, path: at }) => method === 'POST' && !outgoing.test(at))) {
      const at = one.path.replace('{user}', user.id).replace('{key}', key.id).replace('{event}', event.id);
      for (const body of [[], 'x', 1, { unknown: 1 }, { ...bodies[one.path], unknown: null }])
        problem(await api.post(at, body), 400, 'bad_request');
      for (const raw of ['{', '{"a":1,"a":1}', Buffer.from('{"\xff":1}', 'latin1')])
        problem(await api.call('POST', at, { raw }), 400, 'bad_request');
      problem(await api.post(at, {}, { headers: { 'content-type': 'text/plain' } }), 415, 'unsupported_media_type');
      problem(await api.post(at, { x: 'x'.repeat(270000) }), 413, 'too_large');
    }
    assert.equal((await api.get(`/users/${user.id}/keys`)).json.data.length, 1, 'none of them did anything');
  });

  test('names of users that cannot be', async () => {
    const before = home.one('SELECT count(*) FROM site_user');
    for (const body of [{}, { email: 'ada' }, { email: 'a b@c' }, { email: '' }, { clerk_id: '' }, { clerk_id: 'user 1' }, { clerk_id: 'x'.repeat(64) },
      { external_id: 'x'.repeat(129) }, { external_id: 'ä' }, { external_id: 1 }, { clerk_id: null }, { email: 'a@b', first_name: 'x'.repeat(201) }])
      problem(await api.post('/users', body), 400, 'bad_request');
    assert.equal(home.one('SELECT count(*) FROM site_user'), before);
  });

  test('texts that other languages would take for something', async () => {
    const user = await newUser();
    const before = home.one('SELECT count(*) FROM site_user');
    const nasty = ["' OR 1=1 --", '"; DROP TABLE transfer; --', "x' UNION SELECT hash FROM api_token --", '%', '_', '*', 'etc/passwd', '{{x}}', '<b>', '\u202e', '%s%n'];
    for (const text of nasty) {
      problem(await api.get(`/users/${encodeURIComponent(text)}`), 404, 'not_found');
      assert.deepEqual((await api.get(`/users?email=${encodeURIComponent(text)}`)).json.data, []);
      assert.deepEqual((await api.get(`/mails?to=${encodeURIComponent(text)}`)).json.data, []);
      assert.deepEqual((await api.get(`/events?type=${encodeURIComponent(text)}`)).json.data, []);
      assert.deepEqual((await api.get(`/subscriptions?status=${encodeURIComponent(text)}`)).json.data, []);
      assert.ok([200, 400].includes((await api.get(`/plans?after=${encodeURIComponent(text)}`)).status));
      assert.equal((await api.get(`/users?after=${encodeURIComponent(text)}`)).status, 200);
      problem(await api.post('/credits/burn', { user: text, amount: 1 }), 404, 'not_found');
      assert.equal((await api.post('/credits/burn', { user: user.id, amount: 1, note: text })).status, 200);
      assert.equal((await api.post('/keys/verify', { key: text })).json.valid, false);
    }
    const notes = (await api.walk(`/users/${user.id}/ledger`)).filter((t) => t.kind === 'burn').map((t) => t.note);
    assert.deepEqual(notes, nasty.toReversed());
    assert.equal(home.one('SELECT count(*) FROM site_user'), before);
    audit();
  });
});

describe('the examples of docs/api.md', () => {
  const text = fs.readFileSync(path.join(root, 'docs/api.md'), 'utf8');
  const example = (name) => {
    const found = new RegExp(`<!-- example: ${name} -->\\n\`\`\`\\w+\\n([^]*?)\\n\`\`\`\\n`).exec(text);
    assert.ok(found, name);
    return found[1];
  };
  const run = async (command, args, how = {}) => {
    const child = home.start(command, args, {
      ...how,
      env: { HOOKKEEPER: web.url(''), HOOKKEEPER_TOKEN: api.token }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => { out += d; });
    const closed = new Promise((done) => child.once('close', done));
    const { code } = await child.gone;
    await closed;
    assert.equal(code, 0, out);
    return out;
  };

  test('curl', async () => {
    await api.post('/users', { external_id: 'customer-17', email: 'ada@example.com' });
    await api.post('/credits/grant', { user: 'ada@example.com', amount: 10, note: 'to begin with' });
    const out = await run('sh', ['-c', example('curl')]);
    const answers = out.replaceAll('}{', '}\n{').split('\n').map((line) => JSON.parse(line));
    assert.deepEqual([answers[0].external_id, answers[1].balance, answers[2].balance, answers[3].data[0].note],
      ['customer-17', 10, 7, 'one picture']);
  });

  test('JavaScript', async () => {
    await api.post('/credits/grant', { user: 'ada@example.com', amount: 10, note: 'more' });
    const file = path.join(home.dir, 'example.mjs');
    home.write(file, example('js'));
    const lines = (await run(process.execPath, [file], { as: {} })).trim().split('\n');
    assert.equal(lines[0], 'Painted; 14 credits are left.');
    assert.match(lines[1], /^20\S+Z burn -3 14$/);
    assert.equal(lines.length, 5);
  });

  const php = spawnSync('php', ['-v']).status === 0;
  test('PHP', { skip: !php && 'there is no php' }, async () => {
    const file = path.join(home.dir, 'example.php');
    home.write(file, example('php'));
    assert.equal(await run('php', [file]), 'refused: not_found\nyes\n');
  });
});

test('every answer that the document promises was seen, but for the rare', () => {
  const rare = new Set(['413', '415', '422', '429', '503', '409', '400']);
  const unseen = [];
  for (const { method, path: at, op } of api.document.operations())
    for (const status of Object.keys(op.responses))
      if (!outgoing.test(at) && !rare.has(status) && !api.document.seen.has(`${method} ${at} ${status}`)) unseen.push(`${method} ${at} ${status}`);
  // Of a session these are the frame's: its user is unknown, or deleted.
  assert.deepEqual(unseen.filter((one) => !/ \/me.* 40[34]$/.test(one)), []);
});
