// Subscriptions: the newest word counts, the last is the last, and nothing revives.
import { user } from '../lib/clerk-shapes.mjs';
import { as, older } from '../lib/scenario.mjs';
import {
  before, created, deleted, month, paused, resumed, subscribed, subscription, thin, trialEnds, updated,
} from '../lib/stripe-shapes.mjs';

const ann = user(0);
const begun = [ann, subscribed(5, { user: 'user_ann' })];
const users = { user_ann: 40 };
const SECOND = { start: month(1), end: month(2) };

export default [
  {
    name: 'created incomplete, then active',
    steps: [...begun, older(created(5, { status: 'incomplete' })), updated(6, {}, { previous: { status: 'incomplete' } })],
    users, subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'of two words of the same second the one further in its life stays',
    steps: [...begun, older(created(5, { status: 'incomplete' })), updated(5, {}, { previous: { status: 'incomplete' } })],
    users, subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'past due and active in one second: past due stays until a newer word',
    steps: [...begun, older(updated(9, {})), updated(9, { status: 'past_due' })],
    users, subscriptions: { sub_1: 'past_due price_basic' },
  },
  {
    name: 'past due, then recovered',
    steps: [...begun, older(updated(9, { status: 'past_due' })), updated(90, {})], users, subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'past due, then unpaid',
    steps: [...begun, older(updated(9, { status: 'past_due' })), updated(90, { status: 'unpaid' })],
    users, subscriptions: { sub_1: 'unpaid price_basic' },
  },
  {
    name: 'the deletion may come before the creation',
    steps: [...begun, older(created(5)), deleted(900)], users, subscriptions: { sub_1: 'canceled price_basic' },
  },
  {
    name: 'no update revives what was deleted, not even one that says it is newer',
    steps: [...begun, older(created(5)), deleted(900), as(updated(800), 'skipped: deleted | handled | skipped: stale'), as(updated(950), 'skipped: deleted | handled')],
    users, subscriptions: { sub_1: 'canceled price_basic' }, items: { si_1: 'ended price_basic' },
  },
  {
    name: 'cancel at period end: active until then',
    steps: [...begun, older(created(5)), updated(9, { cancel_at_period_end: true, canceled_at: 1767225600 + 540 })],
    users, subscriptions: { sub_1: 'active price_basic, ends 2026-02-01' },
  },
  {
    name: 'cancel_at instead of cancel_at_period_end, as flexible billing says it',
    steps: [...begun, older(created(5)), updated(9, { cancel_at: Date.UTC(2026, 2, 1) / 1000 })],
    users, subscriptions: { sub_1: 'active price_basic, ends 2026-03-01' },
  },
  {
    name: 'canceled at period end, and thought better of',
    steps: [...begun, older(updated(9, { cancel_at_period_end: true })), updated(99, {})],
    users, subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'canceled at period end, and then it is the end',
    steps: [...begun, older(updated(9, { cancel_at_period_end: true })), deleted(month(1), { cancel_at_period_end: true })],
    users, subscriptions: { sub_1: 'canceled price_basic, ends 2026-02-01' },
  },
  {
    name: 'trial_will_end comes at once when a trial is cut short',
    steps: [...begun, older(created(5, { status: 'trialing' })), older(trialEnds(9, { status: 'active' })), updated(19)],
    users, subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'a first payment that never comes: incomplete_expired',
    steps: [...begun, older(created(5, { status: 'incomplete' })), updated(1500, { status: 'incomplete_expired' })],
    users, subscriptions: { sub_1: 'incomplete_expired price_basic' },
  },
  {
    name: 'paused is a status, pause_collection is not',
    steps: [...begun, older(updated(9, { pause_collection: { behavior: 'void' } })), older(paused(19, { status: 'paused' })),
      resumed(29), updated(39, { id: 'sub_2', items: [{ id: 'si_2' }], pause_collection: { behavior: 'void' } })],
    users, subscriptions: { sub_1: 'active price_basic', sub_2: 'active price_basic' },
  },
  {
    name: 'another plan: an older word does not bring the old one back',
    steps: [...begun, older(created(5)), updated(9, { items: [{ price: 'price_pro' }] }, { previous: before([{}]) }),
      as(updated(8), 'skipped: stale | handled')],
    users, subscriptions: { sub_1: 'active price_pro' },
  },
  {
    name: 'an item that was taken off is over',
    steps: [...begun, older(created(5, { items: [{}, { id: 'si_2', price: 'price_pro' }] })),
      updated(9, { items: [{ id: 'si_2', price: 'price_pro' }] }, { previous: before([{}, { id: 'si_2', price: 'price_pro' }]) })],
    users, subscriptions: { sub_1: 'active price_pro' }, items: { si_1: 'ended price_basic', si_2: 'active price_pro' },
  },
  {
    name: 'a renewal moves the period, and no older word moves it back',
    steps: [...begun, older(created(5)), updated(month(1) + 1, { items: [SECOND] }, { previous: before([{}]) }),
      as(updated(month(1) - 9), 'skipped: stale | handled')],
    users, subscriptions: { sub_1: 'active price_basic' }, terms: { sub_1: '2026-02-01 to 2026-03-01' },
  },
  {
    name: 'nobody\'s customer: recorded, and nobody\'s',
    steps: [as(created(5, { customer: 'cus_x' }), 'handled: nobody')], users: {}, subscriptions: { sub_1: "active price_basic, nobody's" },
  },
  {
    name: 'the subscription alone says whose the customer is',
    steps: [ann, created(5, { metadata: { user_id: 'user_ann' } })], users, subscriptions: { sub_1: 'active price_basic' },
    customers: { cus_ann: 'user_ann' },
  },
  {
    name: 'one that names a user who has not come waits for that user',
    steps: [as(created(5, { metadata: { user_id: 'user_late' } }), 'waits: user:user_late')], users: {},
  },
  {
    name: 'a thin event of a subscription has a snapshot that does the work',
    steps: [...begun, { ...created(5), id: 'evt_sub' }, as(thin('v1.customer.subscription.created', 5, 'sub_1', 'evt_sub'), 'skipped: thin')],
    users, subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'one of the second generation names an account, not a customer',
    steps: [ann, subscribed(5, { user: 'user_ann', customer: null, customer_account: 'acct_ann' }),
      created(6, { customer: null, customer_account: 'acct_ann' })],
    users, subscriptions: { sub_1: 'active price_basic' }, customers: { acct_ann: 'user_ann' },
  },
  {
    name: 'customer as an object, and customers that are made, changed and deleted',
    steps: [...begun, created(5, { customer: { id: 'cus_ann', object: 'customer' } })], users, subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'one without an id or a status fails',
    steps: [ann, as(created(5, { id: null, metadata: { user_id: 'user_ann' } }), 'failed: no id'),
      as(updated(6, { ...subscription({ status: null, metadata: { user_id: 'user_ann' } }), items: undefined }), 'failed: no status')],
    users,
  },
  {
    name: 'a subscription that names another than its customer is: nobody\'s word counts', fixed: true,
    steps: [ann, user(0, 'user_bob'), subscribed(5, { user: 'user_ann' }),
      as(created(6, { metadata: { user_id: 'user_bob' } }), 'failed: identity mismatch')],
    users: { user_ann: 40, user_bob: 40 }, customers: { cus_ann: 'user_ann' },
  },
];
