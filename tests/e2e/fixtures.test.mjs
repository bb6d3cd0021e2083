// Every sample payload we have, signed by the sender's own library, through
// lighttpd: kept byte for byte, and its envelope read as this file reads it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Home, randomId, shared, slow } from './lib/home.mjs';
import { lighttpd } from './lib/servers.mjs';
import { send } from './lib/senders.mjs';

const folder = path.join(shared, 'fixtures');
const skip = fs.existsSync(folder) ? false : `no sample payloads at ${folder} (HK_SHARED)`;
const files = skip ? [] : ['stripe', 'stripe/thin', 'stripe/2020-08-27', 'clerk', 'resend'].flatMap((sub) =>
  fs.readdirSync(path.join(folder, sub)).filter((name) => name.endsWith('.json')).map((name) => `${sub}/${name}`));

let home, web;
before(async () => {
  if (skip) return;
  home = new Home();
  web = await lighttpd(home);
});
after(() => home?.close());

// Microseconds of an ISO time with a fraction of any length.
function isoMicros(text) {
  const [, seconds, fraction, zone] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text);
  return Date.parse(`${seconds.replace(' ', 'T')}${/^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone}`) * 1000
    + Number(`${fraction ?? ''}000000`.slice(0, 6));
}
const idOf = (x) => (typeof x === 'string' ? x : x?.id);

const expected = {
  stripe(event) {
    const object = event.data?.object;
    return {
      event_id: event.id, event_type: event.type,
      livemode: event.livemode === undefined ? null : Number(event.livemode),
      api_version: event.api_version ?? null,
      occurred_at: typeof event.created === 'string' ? isoMicros(event.created) : event.created * 1e6,
      ...(object && { lane: idOf(object.customer) ?? object.id ?? null }),
    };
  },
  clerk(event, id) {
    const data = event.data;
    // A user's or payer's own affairs; what concerns an organization is its.
    const organization = event.type.startsWith('organization.') ? data.id : data.organization_id || data.organization?.id;
    const user = event.type.startsWith('user.') ? data.id : data.user_id || data.payer?.user_id || data.payer?.organization_id;
    const named = event.type.startsWith('organization') ? organization : user ?? organization;
    return {
      event_id: id, event_type: event.type, livemode: null, instance: event.instance_id ?? null,
      // Clerk writes milliseconds, and in its examples seconds.
      occurred_at: event.timestamp * (event.timestamp < 1e11 ? 1e6 : 1000),
      ...(named && { lane: named }),
    };
  },
  resend(event, id) {
    return {
      event_id: id, event_type: event.type, livemode: null, occurred_at: isoMicros(event.created_at),
      ...(event.data.email_id && { lane: event.data.email_id }),
    };
  },
};

const sent = new Set();

if (skip) test('sample payloads', { skip });
else describe('sample payloads', () => {
  for (const file of files)
    test(file, async () => {
      const provider = file.split('/')[0];
      let body = fs.readFileSync(path.join(folder, file), 'utf8');
      let event = JSON.parse(body);
      if (provider === 'stripe' && sent.has(event.id)) {
        // The publisher zeroed the ids of the old ones; each needs its own.
        body = body.replaceAll(event.id, `evt_${randomId(24)}`);
        event = JSON.parse(body);
      }
      sent.add(event.id);
      const id = `msg_${randomId(27)}`;
      const answer = await send(web.url(`/webhooks/${provider}`), provider, home.secret[provider], body, { id });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json.duplicate, false);
      const stored = home.sql(`SELECT * FROM event WHERE id = ${answer.json.id}`)[0];
      assert.ok(home.body(answer.json.id).equals(Buffer.from(body)), 'byte for byte');
      const wanted = expected[provider](event, id);
      const got = Object.fromEntries(Object.keys(wanted).map((key) => [key, stored[key]]));
      assert.deepEqual(got, wanted);
      assert.equal(stored.verified, 1);
    });

  test('all of them are worked off without a crash, and the books are right', { timeout: 600000 * slow }, async () => {
    await home.settled(60000);
    assert.deepEqual(home.sql("SELECT DISTINCT message FROM attempt WHERE result = 'crashed'"), []);
    const audit = home.hk(['audit']);
    assert.equal(audit.status, 0, audit.out + audit.err);
  });
});
