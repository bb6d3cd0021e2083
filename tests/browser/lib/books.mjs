// What the books' pages have to show: a subscription with all that can happen to
// it, plans that are waited for, mails of every fate, and hostile texts in each.
import { clerkUser, send } from '../../e2e/lib/senders.mjs';
import * as mails from '../../e2e/lib/resend-shapes.mjs';
import * as stripe from '../../e2e/lib/stripe-shapes.mjs';
import { hostile } from './story.mjs';

export const hostileText = hostile.replaceAll('\u0000', '');
export const address = (n) => `reader${n}@example.com`;

export async function tellBooks(site) {
  const { home, web } = site, ids = {}, now = (Date.now() / 1000 - stripe.EPOCH) / 60;
  let number = 0;
  const take = async ({ provider, body }) => {
    const whole = provider === 'stripe' ? { id: `evt_books${++number}`, ...body } : body;
    const answer = await send(web.url(`/webhooks/${provider}`), provider, home.secret[provider], JSON.stringify(whole));
    if (answer.status !== 200) throw new Error(`${body.type}: ${answer.status} ${answer.text}`);
    return answer.json.id;
  };
  const plan = (...args) => {
    const run = home.hk(['plan', 'set', ...args]);
    if (run.status !== 0) throw new Error(run.err);
  };

  plan('price_basic', '--credits', '1000', '--name', 'Basic, monthly');
  plan('usd', '--credits', '1', '--per', '1');
  plan('jpy', '--credits', '3', '--per', '5');
  plan('kwd', '--credits', '2', '--per', '10');
  plan('cplan_hostile', '--credits', '7', '--name', hostileText.slice(0, 150));
  const { user, body } = clerkUser();
  ids.clerk = user;
  ids.userEvent = await take({ provider: 'clerk', body: JSON.parse(body) });
  await take(stripe.subscribed(now - 100, { user, id: 'cs_sub' }));
  ids.begun = await take(stripe.created(now - 99, { items: [{ start: now - 100, end: now + 43000 }] }));
  ids.invoiced = await take(stripe.paid(now - 98, { lines: [{ start: now - 100, end: now + 43000 }] }));
  await take(stripe.paidBy(now - 98, 'in_1', 'pi_1'));
  ids.refunded = await take(stripe.refunded(now - 50, 250));
  ids.disputed = await take(stripe.dispute('created', now - 40, 'needs_response', { amount: 250 }));
  // Another one's plan is not known, whose bills wait for it.
  await take(stripe.subscribed(now - 90, { user, id: 'cs_two', subscription: 'sub_2', invoice: 'in_2', customer: 'cus_two' }));
  await take(stripe.created(now - 90, { id: 'sub_2', customer: 'cus_two', items: [{ id: 'si_2', price: 'price_unknown' }] }));
  for (let n = 0; n < 3; n++)
    ids.waiting = await take(stripe.paid(now - 80 + n, { id: `in_${n + 2}`, customer: 'cus_two', subscription: 'sub_2', currency: 'eur',
      lines: [{ item: 'si_2', price: 'price_unknown', start: stripe.month(n), end: stripe.month(n + 1) }] }));
  await take(stripe.created(now - 70, { id: 'sub_3', customer: 'cus_three', status: 'past_due', items: [{ id: 'si_3', price: `price_${'long'.repeat(25)}` }] }));

  const mail = (what, n, ago, more) => take(mails.mail(what, now - ago, { id: `mail_${n}`, to: [address(n)], subject: `News of week ${n}`, ...more }));
  for (const what of ['sent', 'delivered', 'opened', 'opened', 'clicked']) ids.read = await mail(what, 1, 30);
  await mail('delivered', 2, 29);
  ids.bounced = await take(mails.bounced(now - 28, 'Permanent', { id: 'mail_3', to: [address(3)], subject: 'Your receipt' }));
  await take(mails.bounced(now - 28, 'Transient', { id: 'mail_4', to: [address(4)], subject: 'Your receipt' }));
  await mail('complained', 5, 27);
  await mail('delivered', 6, 26, { subject: hostileText, to: [`"${hostileText}" <evil@example.com>`, 'two@example.com'] });
  await mail('delivered', 7, 25, { subject: 'שלום 👩‍💻 '.repeat(600), to: [address(7)] });
  await mail('sent', 8, 24, { subject: undefined });
  await home.settled();
  ids.subscription = home.one("SELECT id FROM subscription WHERE ref = 'sub_1'");
  ids.user = home.one(`SELECT id FROM site_user WHERE clerk_id = '${user}'`);
  return ids;
}
