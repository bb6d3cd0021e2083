// What `hookkeeper send` signs, the senders' own libraries accept, so that it
// stands for the real thing when somebody tests his site with it.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { verifyWebhook } from '@clerk/backend/webhooks';
import { Resend } from 'resend';
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { Home, randomId } from './lib/home.mjs';
import { stripe } from './lib/senders.mjs';

const home = new Home();
let sink, url, status = 200;
const came = [];
before(() => new Promise((done) => {
  sink = http.createServer((rq, answer) => {
    const parts = [];
    rq.on('data', (d) => parts.push(d));
    rq.on('end', () => {
      came.push({ method: rq.method, headers: rq.headers, body: Buffer.concat(parts).toString() });
      answer.writeHead(status, { 'content-type': 'application/json' }).end('{"received":true}');
    });
  }).listen(0, '127.0.0.1', () => {
    url = `http://127.0.0.1:${sink.address().port}/`;
    done();
  });
}));
after(async () => {
  sink.closeAllConnections();
  sink.close();
  await home.close();
});

async function sent(...args) {
  came.length = 0;
  const run = await home.hkAsync(['send', ...args, '--url', url]);
  assert.equal(run.status, 0, run.out + run.err);
  return came;
}
const svixOf = (h) => ({
  'svix-id': h['svix-id'], 'svix-timestamp': h['svix-timestamp'], 'svix-signature': h['svix-signature'],
});

const accepted = {
  stripe: ({ headers, body }, secret) =>
    [stripe.webhooks.constructEvent(body, headers['stripe-signature'], secret, 300)],
  clerk: async ({ headers, body }, secret) => [
    await verifyWebhook(new Request('https://site.test/', { method: 'POST', body, headers: svixOf(headers) }), { signingSecret: secret }),
    new Svix(secret).verify(body, svixOf(headers)),
  ],
  resend: ({ headers, body }, secret) => {
    const [id, timestamp, signature] = Object.values(svixOf(headers));
    return [
      new Resend('re_FAKE').webhooks.verify({ payload: body, headers: { id, timestamp, signature }, webhookSecret: secret }),
      new Standard(secret).verify(body, { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }),
    ];
  },
};

const list = home.hk(['send', '--list', '--json']);
const samples = Object.entries({
  stripe: ['checkout.session.completed'], clerk: ['user.created'], resend: ['email.delivered', 'email.bounced'],
}).flatMap(([provider, types]) => types.map((type) => [provider, type]));

for (const [provider, type] of samples)
  test(`${provider} ${type} is accepted by its own library`, async () => {
    const [request] = await sent(provider, type);
    assert.equal(request.method, 'POST');
    assert.match(request.headers['content-type'], /^application\/json/);
    for (const event of await accepted[provider](request, home.secret[provider])) assert.equal(event.type, type);
    await assert.rejects(async () => accepted[provider](request, `whsec_${randomId(32)}`), 'the check is a real one');
  });

test('the list of samples names those that can be sent', () => {
  assert.equal(list.status, 0, list.err);
  for (const [, type] of samples) assert.ok(list.out.includes(type), type);
  assert.doesNotThrow(() => JSON.parse(list.out));
});

test('repeats are fresh events, unless an id is given', async () => {
  const idOf = (provider, rq) => (provider === 'stripe' ? JSON.parse(rq.body).id : rq.headers['svix-id']);
  for (const [provider, type] of [['stripe', 'checkout.session.completed'], ['clerk', 'user.created']]) {
    const fresh = [...await sent(provider, type, '--repeat', '3')].map((rq) => idOf(provider, rq));
    assert.equal(new Set(fresh).size, 3, provider);
    const id = provider === 'stripe' ? `evt_${randomId()}` : `msg_${randomId()}`;
    const same = [...await sent(provider, type, '--repeat', '2', '--id', id)].map((rq) => idOf(provider, rq));
    assert.deepEqual(same, [id, id], provider);
  }
});

test('a refusal and a dead address have their own exit status', async () => {
  status = 400;
  assert.equal((await home.hkAsync(['send', 'clerk', 'user.created', '--url', url])).status, 1);
  status = 200;
  assert.equal((await home.hkAsync(['send', 'clerk', 'user.created', '--url', 'http://127.0.0.1:1/'])).status, 69);
});
