// The senders: payloads in their documented shapes, signed by the senders' own
// client libraries.  Nothing here knows how hookkeeper checks them.
import { createHmac } from 'node:crypto';
import http from 'node:http';
import Stripe from 'stripe';
import { Webhook as Svix } from 'svix';
import { randomId, sleep } from './home.mjs';

export const stripe = new Stripe('sk_test_FAKE');
const seconds = () => Math.floor(Date.now() / 1000);

// The headers a sender's request carries.  body: Buffer or string.
export function signed(provider, secret, body, { id = `msg_${randomId()}`, at = seconds() } = {}) {
  if (provider === 'stripe')
    return {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      'stripe-signature': stripe.webhooks.generateTestHeaderString({
        payload: body.toString(), secret, timestamp: at, scheme: 'v1',
      }),
    };
  return {
    'content-type': 'application/json',
    'user-agent': 'Svix-Webhooks/1.62.0 (sender-9YMgn; +https://www.svix.com/http-sender/)',
    'svix-id': id,
    'svix-timestamp': String(at),
    'svix-signature': new Svix(secret).sign(id, new Date(at * 1000), body.toString()),
  };
}

// The clients take text only; over arbitrary bytes the same by the documented rule.
export function signedBytes(provider, secret, bytes, id = `msg_${randomId()}`) {
  const at = String(seconds());
  if (provider === 'stripe') {
    const mac = createHmac('sha256', secret).update(`${at}.`).update(bytes).digest('hex');
    return { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${mac}` };
  }
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${at}.`).update(bytes).digest('base64');
  return { 'content-type': 'application/json', 'svix-id': id, 'svix-timestamp': at, 'svix-signature': `v1,${mac}` };
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

// One request as it is; resolves to { status, headers, text, json }.
export async function request(url, { method = 'POST', headers = {}, body, chunked = false, keep = true, timeout = 60000 } = {}) {
  // What was closed while this process was held up is to be seen before it is used.
  for (let turns = 0; turns < 2; turns++) await new Promise((done) => setImmediate(done));
  return new Promise((done, fail) => {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const rq = http.request(url, {
      method, timeout, agent: keep ? agent : undefined,
      headers: bytes && !chunked ? { ...headers, 'content-length': bytes.length } : headers,
    }, (answer) => {
      const parts = [];
      answer.on('data', (d) => parts.push(d));
      answer.on('error', fail);
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString();
        let json;
        try { json = JSON.parse(text); } catch { json = undefined; }
        done({ status: answer.statusCode, headers: answer.headers, text, json });
      });
    });
    // A connection that was kept may be closed just as it is used again: ask anew, as browsers do.
    rq.on('error', (error) => {
      if (method === 'GET' && rq.reusedSocket && error.code === 'ECONNRESET')
        done(request(url, { method, headers, keep: false, timeout }));
      else fail(error);
    });
    rq.on('timeout', () => rq.destroy(new Error('no answer in time')));
    if (chunked) {
      for (let at = 0; at < bytes.length; at += 1000) rq.write(bytes.subarray(at, at + 1000));
      rq.end();
    } else rq.end(bytes);
  });
}

export async function send(url, provider, secret, body, options = {}) {
  return request(url, {
    body, ...options, headers: { ...signed(provider, secret, body, options), ...options.headers },
  });
}

// Like a real sender: again until it is acknowledged (2xx), each time signed anew.
export async function sendUntilTaken(url, provider, secret, body, id, limitMs) {
  const end = Date.now() + limitMs;
  for (let tries = 1; ; tries++) {
    let answer;
    try {
      answer = await send(url, provider, secret, body, { id, timeout: 5000 });
      if (answer.status === 200) return { answer, tries };
    } catch (error) {
      answer = { status: error.message };
    }
    if (Date.now() > end) throw new Error(`never acknowledged, last: ${answer.status} ${answer.text ?? ''}`);
    await sleep(20 + Math.random() * 80);
  }
}

// Stripe writes two spaces, and no newline at the end.
const stripeBody = (event) => JSON.stringify(event, null, 2);

export function stripeEvent(type, object, more = {}) {
  const id = more.id ?? `evt_${seconds().toString(36)}${randomId(18)}`;
  return {
    id,
    body: stripeBody({
      id, object: 'event', api_version: '2026-10-28.endive', created: more.created ?? seconds(),
      data: { object }, livemode: false, pending_webhooks: 1,
      request: { id: null, idempotency_key: null }, type,
    }),
  };
}

// A paid checkout of one payment: what the buyer's money becomes credits by.
export const checkout = ({ user, credits, payment = `pi_${randomId()}`, session = `cs_test_${randomId()}`, ...more }) => ({
  id: session, object: 'checkout.session', amount_total: 1000, currency: 'usd', mode: 'payment',
  payment_status: 'paid', status: 'complete', client_reference_id: user, customer: `cus_${payment.slice(3, 17)}`,
  customer_details: { email: 'buyer@example.com' }, payment_intent: payment, subscription: null,
  metadata: { user_id: user, credits: String(credits) }, ...more,
});

export function clerkUser(user = `user_${randomId(27)}`, type = 'user.created') {
  const now = Date.now();
  return {
    user,
    body: JSON.stringify({
      data: {
        id: user, object: 'user', first_name: 'Ada', last_name: 'Example', username: null, external_id: null,
        primary_email_address_id: 'idn_1', email_addresses: [{
          id: 'idn_1', object: 'email_address', email_address: `${user.toLowerCase()}@example.com`,
          verification: { status: 'verified', strategy: 'email_code' },
        }],
        phone_numbers: [], public_metadata: {}, private_metadata: {}, unsafe_metadata: {},
        created_at: now, updated_at: now, banned: false, locked: false,
      },
      instance_id: 'ins_FAKE', object: 'event', timestamp: now, type,
    }),
  };
}

export function resendEmail(type = 'email.delivered', email = `${randomId(8)}-0000-4000-8000-${randomId(12)}`) {
  const at = new Date().toISOString();
  return {
    email,
    body: JSON.stringify({
      created_at: at,
      data: {
        created_at: at, email_id: email, from: 'Acme <onboarding@example.com>', subject: 'Hello',
        to: ['someone@example.com'],
      },
      type,
    }),
  };
}
