// The same story in the shape of each API version: a first period, a failure, a
// renewal, a refund of it.
import { user } from '../lib/clerk-shapes.mjs';
import { as, older } from '../lib/scenario.mjs';
import {
  created, month, paid, paidBy, paymentFailed, refunded, subscribed, updated, VERSIONS,
} from '../lib/stripe-shapes.mjs';

const plans = { price_basic: 100, price_pro: 300 };
const SECOND = { start: month(1), end: month(2) };

const story = (version) => ({
  name: `bill, renewal, failure and refund in the shape of ${version}`, plans,
  steps: [
    user(0), subscribed(5, { user: 'user_ann' }, { version }), older(created(5, { version, status: 'incomplete' })),
    paid(6, { version, payment: { intent: 'pi_1', charge: 'ch_1' } }),
    older(updated(7, { version })),
    as(paymentFailed(month(1), { version, id: 'in_2', lines: [SECOND] }), 'handled | skipped: paid'),
    paid(month(1) + 60, { version, id: 'in_2', lines: [SECOND], payment: { intent: 'pi_2', charge: 'ch_2' } }),
    updated(month(1) + 61, { version, items: [SECOND] }),
    // Before, the bill names its payment itself.
    ...(version >= '2025-03-31' ? [paidBy(6, 'in_1', 'pi_1'), paidBy(month(1) + 60, 'in_2', 'pi_2')] : []),
    refunded(month(1) + 900, 500, { version, charge: 'ch_2', intent: 'pi_2' }),
  ],
  users: { user_ann: 40 + 100 + 50 }, subscriptions: { sub_1: 'active price_basic' },
  terms: { sub_1: '2026-02-01 to 2026-03-01' }, invoices: { in_1: 'paid', in_2: 'paid' },
  periods: { 'si_1 2026-01-01': 100, 'si_1 2026-02-01': 100 },
});

export default [
  ...VERSIONS.map(story),
  {
    name: 'an endpoint is moved to the newest version in the middle of a subscription', plans,
    steps: [user(0), subscribed(5, { user: 'user_ann' }, { version: '2020-08-27' }), older(created(5, { version: '2020-08-27' })),
      paid(6, { version: '2020-08-27', payment: { intent: 'pi_1' } }), paymentAgain(6),
      updated(month(1) + 1, { items: [SECOND] }), paid(month(1) + 2, { id: 'in_2', lines: [SECOND] })],
    users: { user_ann: 240 }, subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'a subscription that only a line names', plans,
    steps: [user(0), subscribed(5, { user: 'user_ann' }), created(5), paid(6, { parent: null })],
    users: { user_ann: 140 }, subscriptions: { sub_1: 'active price_basic' }, invoices: { in_1: 'paid' },
  },
  {
    name: 'a plan change inside the period in the shape of 2020-08-27', plans,
    steps: [user(0), subscribed(5, { user: 'user_ann' }), older(created(5, { version: '2020-08-27' })), paid(6, { version: '2020-08-27' }),
      updated(20000, { version: '2020-08-27', items: [{ price: 'price_pro' }] }),
      paid(20001, { id: 'in_2', version: '2020-08-27', lines: [{ amount: -500, proration: true, start: 20000 },
        { price: 'price_pro', amount: 1500, proration: true, start: 20000 }] })],
    users: { user_ann: 340 }, subscriptions: { sub_1: 'active price_pro' },
  },
  {
    name: 'an old refund event lists its refunds, and they are not counted twice', plans: { usd: { credits: 1, per: 10 } },
    steps: [user(0), paid(6, { version: '2020-08-27', customer: null, subscription: null, metadata: { user_id: 'user_ann' },
      lines: [{ item: null, price: null }], payment: { intent: 'pi_1', charge: 'ch_1' } }),
    refunded(9, 250, { version: '2020-08-27' })],
    users: { user_ann: 40 + 100 - 25 },
  },
];

// The same bill as it is told in the newest shape.
function paymentAgain(t) {
  return { ...paid(t), type: 'invoice.payment_succeeded', body: { ...paid(t).body, type: 'invoice.payment_succeeded' } };
}
