// What a site has seen, for its pages to show: one event of each kind of fate, a
// refused request, and one event in which every text is hostile.
import { randomBytes } from 'node:crypto';
import { until } from '../../e2e/lib/home.mjs';
import { checkout, clerkUser, request, resendEmail, send, signed, stripeEvent } from '../../e2e/lib/senders.mjs';

export const hostile = '<script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">' +
  '{{#rows}}{{me.name}}{{/rows}}{{{form_token}}}" onmouseover="document.title=\'owned\'" x="' +
  "javascript:alert(1)'\u001b[31mred\u0007\u202egnp.exe\u2066\u200b\u0000 \u05e9\u05dc\u05d5\u05dd \ud83d\udc69\u200d\ud83d\udcbb end";

// A NUL in a name is refused as no JSON of ours; the rest of it may come.
const hostileName = hostile.replaceAll('\u0000', '');

// Every text of a document made hostile.
const poison = (value) => typeof value === 'string' ? hostile + value
  : Array.isArray(value) ? value.map(poison)
  : value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, poison(v)]))
  : value;

export async function tell(site) {
  const { home, web } = site;
  const to = (provider) => web.url(`/webhooks/${provider}`);
  const taken = async (provider, body, more = {}) => {
    const answer = await send(to(provider), provider, home.secret[provider], body, more);
    if (answer.status !== 200) throw new Error(`${provider}: ${answer.status} ${answer.text}`);
    return answer.json.id;
  };
  const ids = {};
  const { user, body } = clerkUser();
  ids.user = user;
  ids.handled = await taken('clerk', body);
  ids.paid = await taken('stripe', stripeEvent('checkout.session.completed', checkout({ user, credits: 500 })).body);
  ids.failed = await taken('stripe', stripeEvent('checkout.session.completed',
    checkout({ user, credits: 'many' })).body);
  ids.waiting = await taken('stripe', stripeEvent('checkout.session.completed',
    checkout({ user: 'user_2NotHereYetNotHereYetNotHe', credits: 7 })).body);
  ids.skipped = await taken('stripe', stripeEvent('payment_intent.created', { id: 'pi_1', object: 'payment_intent' }).body);
  ids.mail = await taken('resend', resendEmail('email.bounced').body);
  ids.code = await taken('clerk', JSON.stringify({
    data: { object: 'email', id: 'ema_1', user_id: user, slug: 'verification_code', subject: '424242 is your code',
      to_email_address: 'ada@example.com', body: '<p>424242</p>', body_plain: '424242', delivered_by_clerk: true,
      data: { otp_code: '424242' } },
    instance_id: 'ins_FAKE', object: 'event', timestamp: Date.now(), type: 'email.created',
  }));
  const bad = stripeEvent('invoice.paid', { id: 'in_1', object: 'invoice', customer: 'cus_hostile' });
  const object = poison(checkout({ user, credits: 5 }));
  ids.hostile = await taken('stripe', JSON.stringify({
    ...JSON.parse(stripeEvent('checkout.session.completed', {}).body), data: { object: { ...object, [hostileName]: hostile } },
    request: { id: hostile },
  }), { headers: { 'x-hostile': '<script>document.title="owned"</script>{{me.name}}' } });
  // Refused: nobody's signature, and everything hostile.
  const had = home.one('SELECT ifnull(max(id), 0) FROM quarantine');
  await request(to('stripe'), { body: JSON.stringify({ id: hostile, object: 'event', type: hostile }),
    headers: { ...signed('stripe', `whsec_${'A'.repeat(32)}`, bad.body), 'user-agent': '<b>{{x}}</b>' } });
  // Refused although signed: a type that Clerk does not have.
  await send(to('clerk'), 'clerk', home.secret.clerk, JSON.stringify({
    data: { id: hostile }, object: 'event', timestamp: Date.now(), type: 'made.up',
  }));
  await home.settled();
  const refused = (verified) => home.one(`SELECT id FROM quarantine WHERE id > ${had} AND verified = ${verified}`);
  ids.unknown = await until('what is signed is in quarantine', () => refused(1));
  ids.forged = await until('what is forged is in quarantine', () => refused(0));
  return ids;
}

// A body of so many bytes, of which all but a little is many members.
export const large = (bytes) => {
  const metadata = {};
  for (let n = 0, size = 0; size < bytes; n++, size += 1024) metadata[`key_${n}`] = randomBytes(512).toString('hex');
  return metadata;
};
