// Invoices: what a paid one is worth, in the shapes of all versions.
import { user } from '../lib/clerk-shapes.mjs';
import { as, older } from '../lib/scenario.mjs';
import {
  created, event, invoice, month, paid, paymentFailed, paymentSucceeded, subscribed, thin, uncollectible, updated, voided,
} from '../lib/stripe-shapes.mjs';

const plans = { price_basic: 100, price_pro: 300, price_free: 5, price_pack: 70, price_seat: 10, usd: { credits: 1, per: 10 } };
const ann = user(0), bob = user(0, 'user_bob');
const begun = [ann, subscribed(5, { user: 'user_ann' }), older(created(5, {}))];
const basic = { sub_1: 'active price_basic' }, pro = { sub_1: 'active price_pro' };
const SECOND = { start: month(1), end: month(2) };
const half = month(0) + 20000;	// inside the first period
const booked = ['credits_granted user_ann', 'credit_balance_updated user_ann'];

export default [
  {
    name: 'invoice.paid and invoice.payment_succeeded are one payment', plans,
    steps: [...begun, paid(6), paymentSucceeded(6)], users: { user_ann: 140 }, subscriptions: basic, invoices: { in_1: 'paid' },
    periods: { 'si_1 2026-01-01': 100 },
  },
  {
    name: 'an invoice before the session that says whose the customer is', plans,
    steps: [ann, as(paid(6), 'handled | waits: nothing'), subscribed(7, { user: 'user_ann' })],
    users: { user_ann: 140 }, subscriptions: {}, customers: { cus_ann: 'user_ann' },
  },
  {
    name: 'an invoice of a customer nobody knows waits', plans,
    steps: [as(paid(6, { customer: 'cus_stranger' }), 'waits: user:cus_stranger')], users: {},
  },
  {
    name: 'a renewal is a period of its own', plans,
    steps: [...begun, paid(6), paid(month(1) + 5, { id: 'in_2', lines: [SECOND] }),
      updated(month(1) + 6, { items: [SECOND] })],
    users: { user_ann: 240 }, subscriptions: basic, terms: { sub_1: '2026-02-01 to 2026-03-01' },
  },
  {
    name: 'a plan change upward inside the period grants the difference', plans,
    steps: [...begun, paid(6),
      updated(half, { items: [{ price: 'price_pro' }] }),
      paid(half + 1, { id: 'in_2', billing_reason: 'subscription_update', lines: [
        { amount: -500, proration: true, start: half }, { price: 'price_pro', amount: 1500, proration: true, start: half }] })],
    users: { user_ann: 340 }, subscriptions: pro, periods: { 'si_1 2026-01-01': 300 },
    messages: ['user.created user_ann', ...booked, ...booked, ...booked, 'subscription.created user_ann', 'subscription.updated user_ann'],
  },
  {
    name: 'a plan change downward takes nothing back, and the next period is worth less', plans,
    steps: [ann, subscribed(5, { user: 'user_ann' }), older(created(5, { items: [{ price: 'price_pro' }] })),
      paid(6, { lines: [{ price: 'price_pro', amount: 3000 }] }),
      updated(half, { items: [{}] }),
      paid(half + 1, { id: 'in_2', billing_reason: 'subscription_update', lines: [
        { price: 'price_pro', amount: -1500, proration: true, start: half }, { amount: 500, proration: true, start: half }] }),
      paid(month(1) + 5, { id: 'in_3', lines: [SECOND] })].map((e) => (e.type?.startsWith('customer') ? older(e) : e)),
    users: { user_ann: 440 }, subscriptions: basic,
  },
  {
    name: 'changes up, down and up again in one period are worth the best of them', plans: { ...plans, price_max: 500 },
    steps: [...begun, paid(6),
      paid(half, { id: 'in_2', lines: [{ price: 'price_max', amount: 4000, proration: true, start: half }] }),
      paid(half + 900, { id: 'in_3', lines: [{ price: 'price_pro', amount: 2000, proration: true, start: half + 900 }] })],
    users: { user_ann: 540 }, subscriptions: basic,
  },
  {
    name: 'more seats inside the period grant the difference', plans,
    steps: [ann, subscribed(5, { user: 'user_ann' }), older(created(5, { items: [{ price: 'price_seat', quantity: 2 }] })),
      paid(6, { lines: [{ price: 'price_seat', amount: 2000, quantity: 2 }] }),
      updated(half, { items: [{ price: 'price_seat', quantity: 5 }] }),
      paid(half + 1, { id: 'in_2', lines: [{ price: 'price_seat', amount: -1000, quantity: 2, proration: true, start: half },
        { price: 'price_seat', amount: 2500, quantity: 5, proration: true, start: half }] })],
    users: { user_ann: 90 }, subscriptions: { sub_1: 'active price_seat' },
  },
  {
    name: 'a trial is worth nothing until it is paid', plans,
    steps: [ann, subscribed(5, { user: 'user_ann' }), older(created(5, { status: 'trialing' })),
      as(paid(6, { lines: [{ amount: 0, unit: 1000, end: month(0) + 10080 }] }), 'handled: a trial'),
      updated(10080, { items: [{ start: month(0) + 10080, end: month(1) + 10080 }] }),
      paid(10081, { id: 'in_2', lines: [{ start: month(0) + 10080, end: month(1) + 10080 }] })],
    users: { user_ann: 140 }, subscriptions: basic,
  },
  {
    name: 'a price of 0 is no trial: a free plan grants', plans,
    steps: [ann, subscribed(5, { user: 'user_ann' }), created(5, { items: [{ price: 'price_free' }] }),
      paid(6, { lines: [{ price: 'price_free', amount: 0, unit: 0 }] })],
    users: { user_ann: 45 }, subscriptions: { sub_1: 'active price_free' },
  },
  {
    name: 'paid with a coupon of 100 % is paid', plans,
    steps: [...begun, paid(6, { total: 0, amount_due: 0, amount_paid: 0, lines: [{}] })], users: { user_ann: 140 }, subscriptions: basic,
  },
  {
    name: 'marked paid out of band: invoice.paid alone says so', plans,
    steps: [...begun, paid(6, { amount_paid: 0, amount_due: 1000, paid_out_of_band: true })], users: { user_ann: 140 }, subscriptions: basic,
  },
  {
    name: 'a manual invoice has no subscription: it is a purchase', plans,
    steps: [...begun, paid(6, { id: 'in_9', subscription: null, lines: [{ item: null, price: 'price_pack', amount: 700 }] })],
    users: { user_ann: 110 }, subscriptions: basic, ledger: { user_ann: 'bonus 40, purchase 70' },
  },
  {
    name: 'what has no price is worth the rate of its currency', plans,
    steps: [...begun, paid(6, { id: 'in_9', subscription: null, lines: [{ item: null, price: null, amount: 1234 }] })],
    users: { user_ann: 163 }, subscriptions: basic,
  },
  {
    name: 'an invoice may say itself whose it is and what it is worth', plans,
    steps: [ann, paid(6, { id: 'in_9', customer: 'cus_new', subscription: null, metadata: { user_id: 'user_ann', credits: '7' },
      lines: [{ item: null, price: 'price_pack' }] })],
    users: { user_ann: 47 }, customers: { cus_new: 'user_ann' },
  },
  {
    name: 'the subscription\'s metadata say whose, and what each of its periods is worth', plans,
    steps: [ann, paid(6, { subscriptionMetadata: { user_id: 'user_ann', credits: '12' } }),
      paid(month(1) + 5, { id: 'in_2', lines: [SECOND], subscriptionMetadata: { user_id: 'user_ann', credits: '12' } })],
    users: { user_ann: 64 }, subscriptions: {}, customers: { cus_ann: 'user_ann' },
  },
  {
    name: 'extra items on a renewal are a purchase besides the period', plans,
    steps: [...begun, paid(6, { lines: [{}, { item: null, price: 'price_pack', amount: 700 }] })],
    users: { user_ann: 210 }, subscriptions: basic, ledger: { user_ann: 'bonus 40, purchase 70, subscription 100' },
  },
  {
    name: 'a flexible subscription: items with periods of their own', plans,
    steps: [ann, subscribed(5, { user: 'user_ann' }),
      created(5, { items: [{}, { id: 'si_2', price: 'price_pro', end: month(12) }] }),
      paid(6, { lines: [{}, { item: 'si_2', price: 'price_pro', amount: 30000, end: month(12) }] }),
      paid(month(1) + 5, { id: 'in_2', lines: [SECOND] })],
    users: { user_ann: 540 }, subscriptions: pro, terms: { sub_1: '2026-01-01 to 2027-01-01' },
  },
  {
    name: 'a price in tiers has a line for each of them: one period', plans,
    steps: [...begun, paid(6, { lines: [{ amount: 500, quantity: 1 }, { amount: 300, quantity: 2 }] })],
    users: { user_ann: 340 }, subscriptions: basic,
  },
  {
    name: 'a price without a plan waits, and is granted when one is set',
    steps: [ann, subscribed(5, { user: 'user_ann' }), created(5, { items: [{ price: 'price_late_a' }] }),
      paid(6, { lines: [{ price: 'price_late_a' }], currency: 'nok' }), { plan: 'price_late_a', credits: 33 }],
    users: { user_ann: 73 }, subscriptions: { sub_1: 'active price_late_a' },
  },
  {
    name: 'a price nobody ever sets a plan for stays visible as waiting',
    steps: [ann, subscribed(5, { user: 'user_ann' }), as(paid(6, { lines: [{ price: 'price_late_b' }], currency: 'nok' }), 'waits: plan:price_late_b')],
    users: { user_ann: 40 },
  },
  {
    name: 'lines beyond the first page that may be worth something: it fails, and says so', plans,
    steps: [...begun, as(paid(6, { subtotal: 9000, pages: 2 }), 'failed: leaves out')],
    users: { user_ann: 40 }, subscriptions: basic,
  },
  {
    name: 'a payment that fails makes past due, and one that comes makes good again', plans,
    steps: [...begun, paid(6), paymentFailed(month(1) + 5, { id: 'in_2', lines: [SECOND] }),
      paid(month(1) + 2000, { id: 'in_2', lines: [SECOND] })].map((e) => (/failed/.test(e.type) ? as(e, 'handled | skipped: paid') : e)),
    users: { user_ann: 240 }, subscriptions: basic, invoices: { in_1: 'paid', in_2: 'paid' },
  },
  {
    name: 'a payment that fails: past due, and nothing granted', plans,
    steps: [...begun, paid(6), paymentFailed(month(1) + 5, { id: 'in_2', lines: [SECOND] })],
    users: { user_ann: 140 }, subscriptions: { sub_1: 'past_due price_basic' }, invoices: { in_1: 'paid', in_2: 'open' },
    messages: ['user.created user_ann', ...booked, ...booked, 'subscription.created user_ann', 'subscription.past_due user_ann'],
  },
  {
    name: 'a failure that is heard of after the payment was made does not stick', plans,
    steps: [...begun, as(paymentFailed(6), 'handled | skipped: paid'), paid(70)],
    users: { user_ann: 140 }, subscriptions: basic, invoices: { in_1: 'paid' },
  },
  {
    name: 'void and uncollectible bills are worth nothing', plans,
    steps: [...begun, voided(6), uncollectible(7, { id: 'in_2' })],
    users: { user_ann: 40 }, subscriptions: basic, invoices: { in_1: 'void', in_2: 'uncollectible' },
  },
  {
    name: 'a bill settled by a credit note before it was paid is worth nothing', plans,
    steps: [...begun, as(paid(6, { amount_due: 1000, amount_paid: 0, pre_payment_credit_notes_amount: 1000 }), 'handled: credit note')],
    users: { user_ann: 40 }, subscriptions: basic,
  },
  {
    name: 'payment_succeeded of a part of an open bill is no paid bill', plans,
    steps: [...begun, as(paymentSucceeded(6, { status: 'open', amount_paid: 500, amount_remaining: 500 }), 'skipped: only a part')],
    users: { user_ann: 40 }, subscriptions: basic,
  },
  {
    name: 'an upcoming invoice has no id, and is only kept', plans,
    steps: [...begun, as(event('invoice.upcoming', 9, { ...invoice(), id: undefined, status: 'draft' }), 'skipped: no handler')],
    users: { user_ann: 40 }, subscriptions: basic,
  },
  {
    name: 'an invoice may come thin and as a snapshot', plans,
    steps: [...begun, { ...paid(6), id: 'evt_bill' }, as(thin('v1.invoice.paid', 6, 'in_1', 'evt_bill'), 'skipped: thin: its snapshot')],
    users: { user_ann: 140 }, subscriptions: basic,
  },
  {
    name: 'two subscriptions of one customer are paid apart', plans,
    steps: [...begun, paid(6), created(7, { id: 'sub_2', items: [{ id: 'si_2', price: 'price_pro' }] }),
      paid(8, { id: 'in_2', subscription: 'sub_2', lines: [{ item: 'si_2', price: 'price_pro', amount: 3000 }] })],
    users: { user_ann: 440 }, subscriptions: { ...basic, sub_2: 'active price_pro' },
  },
  {
    name: 'an invoice whose metadata name another than its subscription\'s: nobody gets it', plans,
    steps: [ann, bob, as(paid(6, { customer: null, metadata: { user_id: 'user_bob' }, subscriptionMetadata: { user_id: 'user_ann' } }),
      'failed: identity mismatch')],
    users: { user_ann: 40, user_bob: 40 },
  },
  {
    name: 'an invoice without customer is found by its subscription', plans,
    steps: [ann, created(5, { customer: null, metadata: { user_id: 'user_ann' } }), paid(6, { customer: null })],
    users: { user_ann: 140 }, subscriptions: basic,
  },
  {
    name: 'a bill of a quote names its quote as parent, and is a purchase', plans,
    steps: [ann, paid(6, { customer: 'cus_ann', subscription: null, metadata: { user_id: 'user_ann' }, lines: [{ item: null, price: 'price_pack', amount: 700 }],
      parent: { type: 'quote_details', quote_details: { quote: 'qt_FAKE' }, subscription_details: null } })],
    users: { user_ann: 110 },
  },
  {
    name: 'the other words of a bill are kept, and change nothing', plans,
    steps: [...begun, paid(6), ...['created', 'finalized', 'updated', 'will_be_due', 'overdue', 'payment_action_required', 'sent'].map((what, i) =>
      as(event(`invoice.${what}`, 6 + i, invoice({ paid: false })), 'skipped: no handler'))],
    users: { user_ann: 140 }, subscriptions: basic, invoices: { in_1: 'paid' },
  },
  {
    name: 'a discount lowers what is paid, and a plan is a plan', plans,
    steps: [...begun, paid(6, { total: 500, amount_due: 500, amount_paid: 500, lines: [{ off: 500 }] })], users: { user_ann: 140 }, subscriptions: basic,
  },
  {
    name: 'a discount lowers what is worth the rate of the currency', plans,
    steps: [...begun, paid(6, { id: 'in_9', subscription: null, total: 500, amount_due: 500, amount_paid: 500, lines: [{ item: null, price: null, off: 500 }] })],
    users: { user_ann: 90 }, subscriptions: basic,
  },
];
