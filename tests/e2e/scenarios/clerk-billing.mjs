// Clerk Billing: nested and flat, users and organizations, whichever event comes first.
import { attempt, event, flat, item, subscription, user } from '../lib/clerk-shapes.mjs';
import { as, known, older } from '../lib/scenario.mjs';
import { at, month, refunded } from '../lib/stripe-shapes.mjs';

const plans = { cplan_basic: 200, cplan_pro: 500, cplan_free: 9 };
const ann = user(0);
const users = { user_ann: 240 };
const basic = { csub_1: 'active cplan_basic' };
const NEXT = { start: month(1), end: month(2) };
const booked = ['credits_granted user_ann', 'credit_balance_updated user_ann'];

export default [
  {
    name: 'a paid item grants its plan once, whoever tells of it', plans,
    steps: [ann, older(subscription('created', 5)), known(subscription('active', 5)), known(item('active', 5)), attempt('paid', 5)],
    users, subscriptions: basic, periods: { 'csub_item_1 2026-01-01': 200 }, invoices: { pa_1: 'paid' },
  },
  {
    name: 'the payment may be the first or the only one that tells', plans,
    steps: [ann, attempt('paid', 5)], users, invoices: { pa_1: 'paid' },
  },
  {
    name: 'an attempt that is pending grants nothing, and one that is paid or succeeded does', plans,
    steps: [ann, as(attempt('pending', 4), 'handled | skipped'), attempt('succeeded', 5)], users, invoices: { pa_1: 'paid' },
  },
  {
    name: 'a failed attempt grants nothing, and a later one does', plans,
    steps: [ann, attempt('failed', 4), attempt('paid', 900, { id: 'pa_2', intent: 'pi_2' })], users, invoices: { pa_1: 'failed', pa_2: 'paid' },
  },
  {
    name: 'an attempt that failed is not paid by being told of late', plans,
    steps: [ann, as(attempt('failed', 4), 'handled | skipped'), attempt('paid', 9)], users, invoices: { pa_1: 'paid' },
  },
  {
    name: 'the flat shape: times in seconds, the subscription is its own item', plans,
    steps: [ann, flat('subscription.active', 5)], users, subscriptions: basic, periods: { 'csub_1 2026-01-01': 200 },
  },
  {
    name: 'flat, renewed with a new period', plans,
    steps: [ann, older(flat('subscription.active', 5)), flat('subscription.updated', month(1) + 5, NEXT)],
    users: { user_ann: 440 }, subscriptions: basic, terms: { csub_1: '2026-02-01 to 2026-03-01' },
  },
  {
    name: 'flat, both spellings of past due, and good again', plans,
    steps: [ann, older(flat('subscription.active', 5)), older(flat('subscription.past_due', 900, { status: 'past_due' })),
      older(flat('subscription.pastDue', 901, { status: 'pastDue' })), flat('subscription.active', 1900)],
    users, subscriptions: basic,
  },
  {
    name: 'flat, and past due is the last that is heard', plans,
    steps: [ann, older(flat('subscription.active', 5)), flat('subscription.past_due', 900, { status: null })],
    users, subscriptions: { csub_1: 'past_due cplan_basic' },
  },
  {
    name: 'flat, canceled in both spellings: what was granted stays', plans,
    steps: [ann, older(flat('subscription.active', 5)), older(flat('subscription.cancelled', 900, { status: 'cancelled' })),
      flat('subscription.canceled', 901, { status: 'canceled' })],
    users, subscriptions: { csub_1: 'canceled cplan_basic, ends 2026-02-01' },
  },
  {
    name: 'an organization pays: the unused id of the payer is an empty text', plans,
    steps: [subscription('active', 5, { of: 'org_acme' })], users: {}, orgs: { org_acme: 200 }, subscriptions: basic,
  },
  {
    name: 'an organization pays, flat', plans,
    steps: [flat('subscription.active', 5, { of: 'org_acme' })], users: {}, orgs: { org_acme: 200 }, subscriptions: basic,
  },
  {
    name: 'a renewal is an item updated with a new period', plans,
    steps: [ann, older(subscription('active', 5)), item('updated', month(1) + 5, { status: 'active', ...NEXT })],
    users: { user_ann: 440 }, subscriptions: basic, periods: { 'csub_item_1 2026-01-01': 200, 'csub_item_1 2026-02-01': 200 },
  },
  {
    name: 'a better plan in the same period grants the difference', plans,
    steps: [ann, older(subscription('active', 5)), item('updated', 900, { status: 'active', plan: 'cplan_pro' })],
    users: { user_ann: 540 }, subscriptions: { csub_1: 'active cplan_pro' },
  },
  {
    name: 'a lesser plan comes with the next period: upcoming grants nothing yet', plans,
    steps: [ann, older(subscription('active', 5, { items: [{ plan: 'cplan_pro' }] })), item('canceled', 900, { plan: 'cplan_pro' }),
      item('upcoming', 900, { id: 'csub_item_2', ...NEXT })],
    users: { user_ann: 540 }, subscriptions: { csub_1: 'active cplan_basic' },
  },
  {
    name: 'the lesser plan has begun, the better one is over', plans,
    steps: [ann, older(subscription('active', 5, { items: [{ plan: 'cplan_pro' }] })), item('ended', month(1), { plan: 'cplan_pro' }),
      older(item('upcoming', 900, { id: 'csub_item_2', ...NEXT })), item('active', month(1), { id: 'csub_item_2', ...NEXT })],
    users: { user_ann: 740 }, subscriptions: basic, items: { csub_item_1: 'ended cplan_pro', csub_item_2: 'active cplan_basic' },
  },
  {
    name: 'a canceled item goes on until its period ends, an ended one is over', plans,
    steps: [ann, older(subscription('active', 5)), older(item('canceled', 900)), item('ended', month(1))],
    users, subscriptions: basic, items: { csub_item_1: 'ended cplan_basic' },
  },
  {
    name: 'the free plan has no end and grants nothing', plans,
    steps: [ann, subscription('created', 5, { items: [{ plan: 'cplan_free', end: null }] }),
      known(item('active', 5, { plan: 'cplan_free', end: null }))],
    users: { user_ann: 40 }, subscriptions: { csub_1: 'active cplan_free' },
  },
  {
    name: 'the free plan and a paid one beside it', plans,
    steps: [ann, older(subscription('active', 5, { items: [{ plan: 'cplan_free', end: null, id: 'csub_item_free' }, {}] }))],
    users, subscriptions: basic,
  },
  {
    name: 'a free trial grants nothing, and the period that is paid for does', plans,
    steps: [ann, older(subscription('active', 5, { items: [{ is_free_trial: true }] })),
      older(item('freeTrialEnding', 900, { status: 'active', is_free_trial: true })), attempt('paid', 3, { id: 'pa_0', amount: 0, intent: null }),
      item('updated', month(1), { status: 'active', ...NEXT }), attempt('paid', month(1), { items: [NEXT] })],
    users, subscriptions: basic,
  },
  {
    name: 'incomplete, abandoned and upcoming items grant nothing', plans,
    steps: [ann, item('incomplete', 5, { fee: 1000 }), item('abandoned', 6, { id: 'csub_item_2' }), item('upcoming', 7, { id: 'csub_item_3', ...NEXT })],
    users: { user_ann: 40 }, items: { csub_item_1: 'incomplete cplan_basic', csub_item_2: 'abandoned cplan_basic', csub_item_3: 'upcoming cplan_basic' },
  },
  {
    name: 'an item past due is past due until it is paid', plans,
    steps: [ann, older(subscription('active', 5)), older(item('pastDue', 900, { status: 'past_due' })),
      older(subscription('pastDue', 900, { status: 'past_due', items: [{ status: 'past_due' }] })),
      subscription('active', 1900), known(item('active', 1900))],
    users, subscriptions: basic,
  },
  {
    name: 'past due, nested: the subscription says so', plans,
    steps: [ann, older(subscription('active', 5)), subscription('pastDue', 900, { status: 'past_due', items: [{ status: 'past_due' }] })],
    users, subscriptions: { csub_1: 'past_due cplan_basic' },
    messages: ['user.created user_ann', ...booked, ...booked, 'subscription.created user_ann', 'subscription.past_due user_ann'],
  },
  {
    name: 'an item may come before its subscription, and the subscription before its user', plans,
    steps: [older(item('active', 5)), older(subscription('created', 5)), ann], users, subscriptions: basic,
  },
  {
    name: 'an item that names nobody is its subscription\'s payer\'s', plans,
    steps: [ann, older(subscription('active', 5, { items: [] })), item('active', 5, { payer: undefined })], users, subscriptions: basic,
  },
  {
    name: 'a payer who has not come waits', plans,
    steps: [as(subscription('active', 5, { of: 'user_late' }), 'waits: user:user_late')], users: {},
  },
  {
    name: 'nobody pays, and no subscription to ask: it fails', plans,
    steps: [as(event('subscriptionItem.active', 5, { id: 'csub_item_1', status: 'active', plan_id: 'cplan_basic', period_start: at(0) * 1000 }),
      'failed: nobody is named')],
    users: {},
  },
  {
    name: 'a plan that has no rule waits, and is granted when it is set',
    steps: [ann, item('active', 5, { plan: 'cplan_late_a', fee: 1500 }), { plan: 'cplan_late_a', credits: 33 }],
    users: { user_ann: 73 }, periods: { 'csub_item_1 2026-01-01': 33 },
  },
  {
    name: 'plan is null and plan_id is not, or the other way round', plans,
    steps: [ann, item('active', 5, { plan: null, plan_id: 'cplan_basic' }), item('active', 6, { id: 'csub_item_2', plan: 'cplan_pro', plan_id: null })],
    users: { user_ann: 740 },
  },
  {
    name: 'no plan at all is worth nothing', plans,
    steps: [ann, item('active', 5, { plan: null, plan_id: null })], users: { user_ann: 40 },
  },
  {
    name: 'data.object says what it likes: the type decides', plans,
    steps: [ann, item('active', 5, { object: 'subscription_item' }), attempt('paid', 5, { object: 'commerce_payment_attempt' })], users,
  },
  {
    name: 'a year is a period as a month is', plans,
    steps: [ann, older(item('active', 5, { interval: 'annual', end: month(12) })), older(item('updated', 90, { status: 'active', interval: 'annual', end: month(12) }))],
    users,
  },
  {
    name: 'the attempt names the payment at Stripe: a refund there takes back half', plans,
    steps: [ann, older(item('active', 5)), attempt('paid', 5), refunded(900, 500)], users: { user_ann: 140 }, payments: { pi_1: '200, 100 taken back' },
  },
  {
    name: 'two organizations and a user pay apart', plans,
    steps: [ann, subscription('active', 5), subscription('active', 5, { id: 'csub_2', of: 'org_acme', items: [{ id: 'csub_item_2' }] }),
      subscription('active', 5, { id: 'csub_3', of: 'org_beta', items: [{ id: 'csub_item_3', plan: 'cplan_pro' }] })],
    users, orgs: { org_acme: 200, org_beta: 500 },
    subscriptions: { ...basic, csub_2: 'active cplan_basic', csub_3: 'active cplan_pro' },
  },
  {
    name: 'an older word of a subscription does not bring its status back', plans,
    steps: [ann, older(subscription('active', 5)), subscription('updated', 900, { status: 'canceled', canceled_at: at(900) * 1000, items: [{ status: 'canceled' }] }),
      as(subscription('updated', 800), 'skipped: stale | handled')],
    users, subscriptions: { csub_1: 'canceled cplan_basic, ends 2026-02-01' },
  },
  {
    name: 'subscriptionItem.created is sent, though it is not in the documents', plans,
    steps: [ann, older(item('created', 5, { status: 'active' })), known(item('active', 5))], users, items: { csub_item_1: 'active cplan_basic' },
  },
  {
    name: 'both ids of the payer are empty: whose the subscription is', plans,
    steps: [ann, older(subscription('active', 5, { items: [] })), item('active', 5, { of: '' })], users, subscriptions: basic,
  },
  {
    name: 'a plan by the seat costs though its base is free', plans: { ...plans, cplan_seat: 60 },
    steps: [subscription('active', 5, { of: 'org_acme', items: [{ plan: 'cplan_seat', fee: 0, seats: { quantity: 5 },
      prices: [{ name: 'seats', block_size: 1, tiers: [{ starts_at_block: 1, ends_after_block: null, amount_per_block: 300, currency: 'USD' }] }] }] })],
    users: {}, orgs: { org_acme: 60 }, subscriptions: { csub_1: 'active cplan_seat' },
  },
];
