// What happens to one user in a year, for their pages to show: bonus, purchase,
// refund, subscription, key, mails, sign-in, and one purchase that failed.
import { until } from '../../e2e/lib/home.mjs';
import { checkout, clerkUser, send, stripeEvent } from '../../e2e/lib/senders.mjs';

const seconds = () => Math.floor(Date.now() / 1000);

const clerk = (type, data) => JSON.stringify({ data, instance_id: 'ins_FAKE', object: 'event', timestamp: Date.now(), type });

const mail = (type, to, subject, email) => JSON.stringify({
  created_at: new Date().toISOString(),
  data: { created_at: new Date().toISOString(), email_id: email, from: 'Acme <hello@example.com>', subject, to: [to],
    ...(type === 'email.bounced' ? { bounce: { type: 'Permanent', subType: 'General', message: 'no such mailbox' } } : {}) },
  type,
});

const subscription = (customer, status) => ({
  id: `sub_${customer.slice(4)}`, object: 'subscription', customer, status, cancel_at: null, canceled_at: null,
  ended_at: null, created: seconds(), metadata: {}, items: { object: 'list', data: [{
    id: `si_${customer.slice(4)}`, object: 'subscription_item', quantity: 1, current_period_start: seconds(),
    current_period_end: seconds() + 30 * 86400, price: { id: 'price_FAKE1', object: 'price', nickname: 'Pro' },
  }] },
});

// Sends it all and waits; resolves to names and numbers of what came.
export async function yearOf(site, { name = {}, subject = 'Welcome', standing = 'active' } = {}) {
  const { home, web } = site;
  const taken = async (provider, body) => {
    const answer = await send(web.url(`/webhooks/${provider}`), provider, home.secret[provider], body);
    if (answer.status !== 200) throw new Error(`${provider}: ${answer.status} ${answer.text}`);
    return answer.json.id;
  };
  const { user, body } = clerkUser();
  const made = JSON.parse(body);
  Object.assign(made.data, name);
  const email = `ada.${user.slice(5, 13).toLowerCase()}@example.com`;
  made.data.email_addresses[0].email_address = email;
  const ids = { user, email };
  ids.created = await taken('clerk', JSON.stringify(made));
  const paid = checkout({ user, credits: 500 });
  ids.customer = paid.customer;
  ids.payment = paid.payment_intent;
  ids.paid = await taken('stripe', stripeEvent('checkout.session.completed', paid).body);
  await home.settled();
  ids.refunded = await taken('stripe', stripeEvent('charge.refunded', {
    id: `ch_${ids.payment.slice(3)}`, object: 'charge', customer: ids.customer, payment_intent: ids.payment,
    amount: 1000, amount_refunded: 200, refunded: false, currency: 'usd',
  }).body);
  ids.subscribed = await taken('stripe', stripeEvent('customer.subscription.created', subscription(ids.customer, standing)).body);
  ids.failed = await taken('stripe', stripeEvent('checkout.session.completed', checkout({ user, credits: 'many', customer: null })).body);
  ids.session = await taken('clerk', clerk('session.created', { id: `sess_${user.slice(5)}`, object: 'session', user_id: user,
    status: 'active', created_at: Date.now(), updated_at: Date.now() }));
  ids.mail = `${user.slice(5, 13)}-0000-4000-8000-000000000001`;
  ids.sent = await taken('resend', mail('email.sent', email, subject, ids.mail));
  ids.delivered = await taken('resend', mail('email.delivered', email, subject, ids.mail));
  ids.bounced = await taken('resend', mail('email.bounced', email, subject, ids.mail.replace(/1$/, '2')));
  await home.settled();
  ids.id = home.one(`SELECT id FROM site_user WHERE clerk_id = '${user}'`);
  await until('the events are indexed', () => home.one("SELECT value FROM mark WHERE name = 'indexed_to'") >= ids.bounced);
  return ids;
}
