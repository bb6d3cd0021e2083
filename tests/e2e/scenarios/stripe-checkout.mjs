// Checkout sessions: who pays, what it is worth, and once only.
import { user, userDeleted } from '../lib/clerk-shapes.mjs';
import { as } from '../lib/scenario.mjs';
import {
  completed, event, expired, failed, paid, session, subscribed, succeeded, thin,
} from '../lib/stripe-shapes.mjs';

const ann = user(0), bob = user(0, 'user_bob');
// Of whom an unpaid session is known to be may depend on whether the user came first:
// nothing is granted, so nothing waits.
const plans = { price_pack: 70, plink_pack: 50, price_gift: 0, usd: { credits: 1, per: 10 } };
const booked = ['credits_granted user_ann', 'credit_balance_updated user_ann'];

export default [
  {
    name: 'a paid session grants its credits, and each change is told once',
    steps: [ann, completed(5, { user: 'user_ann', credits: 25, customer: 'cus_ann' })],
    users: { user_ann: 65 }, checkouts: { cs_1: 'paid, fulfilled' }, payments: { pi_1: '25' },
    customers: { cus_ann: 'user_ann' }, ledger: { user_ann: 'bonus 40, purchase 25' },
    messages: ['user.created user_ann', ...booked, ...booked],
  },
  {
    name: 'completed and async_payment_succeeded tell of one payment: it grants once',
    steps: [ann, completed(5, { user: 'user_ann', credits: 25 }), succeeded(6, { user: 'user_ann', credits: 25 })],
    users: { user_ann: 65 }, checkouts: { cs_1: 'paid, fulfilled' },
  },
  {
    name: 'a delayed payment grants when it has come, not when the session is complete',
    steps: [ann, as(completed(5, { user: 'user_ann', credits: 25, payment_status: 'unpaid' }), 'handled: delayed payment'),
      succeeded(600, { user: 'user_ann', credits: 25 })],
    users: { user_ann: 65 }, checkouts: { cs_1: 'paid, fulfilled' },
  },
  {
    name: 'a delayed payment that fails grants nothing', depends: ['checkouts'],
    steps: [ann, completed(5, { user: 'user_ann', credits: 25, payment_status: 'unpaid' }),
      as(failed(600, { user: 'user_ann', credits: 25 }), 'handled: failed')],
    users: { user_ann: 40 }, checkouts: { cs_1: 'unpaid' }, payments: {},
  },
  {
    name: 'an expired session grants nothing, and of an unknown buyer waits for nobody', depends: ['checkouts'],
    steps: [ann, expired(60, { user: 'user_ann', credits: 25 }), expired(61, { id: 'cs_2', user: 'user_nobody', credits: 5 })],
    users: { user_ann: 40 }, checkouts: { cs_1: 'unpaid', cs_2: 'unpaid' },
  },
  {
    name: 'a free session has no payment: it grants once by its own id',
    steps: [ann, completed(5, { user: 'user_ann', credits: 10, payment_status: 'no_payment_required', payment_intent: null, amount_total: 0 })],
    users: { user_ann: 50 }, checkouts: { cs_1: 'no_payment_required, fulfilled' }, payments: { cs_1: '10' },
  },
  {
    name: 'two payments of one buyer are two purchases',
    steps: [ann, completed(5, { user: 'user_ann', credits: 25 }), completed(5, { id: 'cs_2', user: 'user_ann', credits: 25 })],
    users: { user_ann: 90 },
  },
  {
    name: 'metadata.price_id is worth what its plan says', plans,
    steps: [ann, completed(5, { user: 'user_ann', metadata: { price_id: 'price_pack' } })], users: { user_ann: 110 },
  },
  {
    name: 'a payment link is worth what its plan says, whoever is named by client_reference_id', plans,
    steps: [ann, completed(5, { client_reference_id: 'user_ann', payment_link: 'plink_pack' })], users: { user_ann: 90 },
  },
  {
    name: 'metadata.credits come before the price, the link and the amount', plans,
    steps: [ann, completed(5, { user: 'user_ann', credits: 7, metadata: { price_id: 'price_pack' }, payment_link: 'plink_pack' })],
    users: { user_ann: 47 },
  },
  {
    name: 'a price worth 0 credits is a rule too: paid, and nothing granted', plans,
    steps: [ann, as(completed(5, { user: 'user_ann', metadata: { price_id: 'price_gift' } }), 'handled: worth no credits')],
    users: { user_ann: 40 }, checkouts: { cs_1: 'paid, fulfilled' },
  },
  {
    name: 'an amount is worth what the rate says, rounded down', plans,
    steps: [ann, completed(5, { user: 'user_ann', amount_total: 1999 })], users: { user_ann: 239 },
  },
  {
    name: 'yen have no minor unit: 500 are 500 yen', plans: { jpy: { credits: 1, per: 5 } },
    steps: [ann, completed(5, { user: 'user_ann', amount_total: 503, currency: 'jpy' })], users: { user_ann: 140 },
  },
  {
    name: 'dinars have three decimals: 5290 are 5.290', plans: { kwd: { credits: 10, per: 1000 } },
    steps: [ann, completed(5, { user: 'user_ann', amount_total: 5290, currency: 'kwd' })], users: { user_ann: 92 },
  },
  {
    name: 'Ugandan shillings come times 100, though they have no minor unit', plans: { ugx: { credits: 1, per: 100 } },
    steps: [ann, completed(5, { user: 'user_ann', amount_total: 500, currency: 'ugx' })], users: { user_ann: 45 },
  },
  {
    name: 'an amount past 2^31 is no trouble', plans: { vnd: { credits: 1, per: 1000 } },
    steps: [ann, completed(5, { user: 'user_ann', amount_total: 99999999999, currency: 'vnd' })], users: { user_ann: 100000039 },
  },
  {
    name: 'a currency without a rate is no gift: it fails, and says what to set',
    steps: [ann, as(completed(5, { user: 'user_ann', currency: 'chf' }), 'failed: no price rule')], users: { user_ann: 40 },
  },
  {
    name: 'metadata.credits that is no whole number above 0 is never guessed at',
    steps: [ann, ...['12.5', '-5', '1e3', 'ten', '0'].map((credits, i) =>
      as(completed(5 + i, { id: `cs_${i}`, user: 'user_ann', metadata: { credits } }), 'failed: metadata invalid'))],
    users: { user_ann: 40 },
  },
  {
    name: 'as many and as long metadata as Stripe allows',
    steps: [ann, completed(5, { user: 'user_ann', credits: 25,
      metadata: Object.fromEntries(Array.from({ length: 48 }, (_, i) => [`key_${i}`.padEnd(40, 'x'), 'v'.repeat(500)])) })],
    users: { user_ann: 65 },
  },
  {
    name: 'metadata and client_reference_id that name two users: nobody gets it',
    steps: [ann, bob, as(completed(5, { user: 'user_ann', client_reference_id: 'user_bob', credits: 25 }), 'failed: identity mismatch')],
    users: { user_ann: 40, user_bob: 40 },
  },
  {
    name: 'client_reference_id may be the number of an order, even a UUID',
    steps: [ann, completed(5, { user: 'user_ann', client_reference_id: 'order-4711', credits: 1 }),
      completed(6, { id: 'cs_2', user: 'user_ann', client_reference_id: 'uuid_order', credits: 2 })],
    users: { user_ann: 43 },
  },
  {
    name: 'a buyer known by the customer alone: the first session told who that is',
    steps: [ann, completed(5, { user: 'user_ann', credits: 25, customer: 'cus_ann' }),
      completed(6, { id: 'cs_2', credits: 5, customer: 'cus_ann' })],
    users: { user_ann: 70 }, customers: { cus_ann: 'user_ann' },
  },
  {
    name: 'nobody is named, and no customer: it fails',
    steps: [as(completed(5, { credits: 25 }), 'failed: nobody is named')], users: {},
  },
  {
    name: 'a payment for a user who has not come waits, and is not lost',
    steps: [ann, as(completed(5, { user: 'user_bob', credits: 25 }), 'waits: user:user_bob')], users: { user_ann: 40 },
  },
  {
    name: 'a payment of somebody whom Clerk deleted is not booked in silence', depends: ['users', 'profiles', 'metadata', 'keys', 'ledger', 'customers', 'payments', 'checkouts'],
    steps: [as(ann, 'handled | skipped: deleted'), userDeleted(3), as(completed(5, { user: 'user_ann', credits: 25 }), 'failed: user was deleted | handled')],
    users: { user_ann: 'deleted' },
  },
  {
    name: 'events of the other mode are kept, and change nothing',
    steps: [ann, as(completed(5, { user: 'user_ann', credits: 25, livemode: true }, { live: true }), 'ignored: live mode event')],
    users: { user_ann: 40 },
  },
  {
    name: 'in live mode live events count, and test events do not', settings: { hookkeeper: { mode: 'live' } },
    steps: [ann, completed(5, { user: 'user_ann', credits: 25, livemode: true }, { live: true }),
      as(completed(6, { id: 'cs_2', user: 'user_ann', credits: 5 }), 'ignored: test mode event')],
    users: { user_ann: 65 },
  },
  {
    name: 'expandable fields hold ids or whole objects', plans,
    steps: [ann, completed(5, {
      user: 'user_ann', payment_intent: { id: 'pi_1', object: 'payment_intent', amount: 1000 },
      customer: { id: 'cus_ann', object: 'customer', email: null }, payment_link: { id: 'plink_pack', object: 'payment_link' },
    }), succeeded(6, { user: 'user_ann', customer: 'cus_ann', payment_link: 'plink_pack' })],
    users: { user_ann: 90 }, customers: { cus_ann: 'user_ann' },
  },
  {
    name: 'a thin event and its snapshot are one change, told twice',
    steps: [ann, { ...completed(5, { user: 'user_ann', credits: 25 }), id: 'evt_snap' },
      as(thin('v1.checkout.session.completed', 5, 'cs_1', 'evt_snap'), 'skipped: thin: its snapshot')],
    users: { user_ann: 65 },
  },
  {
    name: 'a thin event without a snapshot says that its data are missing',
    steps: [ann, as(thin('v1.checkout.session.completed', 5, 'cs_1'), 'failed: thin'),
      as(thin('v2.core.event_destination.ping', 6, 'ed_1'), 'skipped: thin event')],
    users: { user_ann: 40 },
  },
  {
    name: 'types that are new, or about things without an id, are kept',
    steps: [ann, as(event('galaxy.conquered', 5, { id: 'gal_1' }), 'skipped: unknown event type'),
      as(event('balance.available', 6, { object: 'balance', available: [] }), 'skipped: no handler')],
    users: { user_ann: 40 },
  },
  {
    name: 'api_version may be null, or one of the future',
    steps: [ann, completed(5, { user: 'user_ann', credits: 25 }, { version: null }),
      completed(6, { id: 'cs_2', user: 'user_ann', credits: 5 }, { version: '2031-01-01.zinnia' })],
    users: { user_ann: 70 },
  },
  {
    name: 'a setup session is no purchase, a subscription session leaves it to its invoices', plans, depends: ['checkouts'],
    steps: [ann, as(completed(5, { user: 'user_ann', mode: 'setup', payment_intent: null, amount_total: null, currency: null,
      payment_status: 'no_payment_required' }), 'handled: setup'),
    as(subscribed(6, { id: 'cs_2', user: 'user_ann', credits: 25 }), 'handled: its invoices grant')],
    users: { user_ann: 40 }, customers: { cus_ann: 'user_ann' },
  },
  {
    name: 'a session with an invoice of its own is one payment, whichever tells it', plans,
    steps: [ann, completed(5, { user: 'user_ann', credits: 100, customer: 'cus_ann', invoice: 'in_1' }),
      paid(5, { subscription: null, lines: [{ item: null, price: null }], payment: { intent: 'pi_1' } })],
    users: { user_ann: 140 },
  },
  {
    name: 'an invoice that is worth more than its session adds the difference', plans,
    steps: [ann, completed(5, { user: 'user_ann', credits: 30, customer: 'cus_ann', invoice: 'in_1' }),
      paid(5, { subscription: null, lines: [{ item: null, price: 'price_pack' }], version: '2020-08-27', payment: { intent: 'pi_1' } })],
    users: { user_ann: 110 },
  },
  {
    name: 'customers of the second generation are accounts',
    steps: [ann, completed(5, { user: 'user_ann', credits: 25, customer: null, customer_account: 'acct_ann' }),
      completed(6, { id: 'cs_2', user: 'user_ann', credits: 5, customer: null, customer_account: 'acct_ann' })],
    users: { user_ann: 70 }, customers: { acct_ann: 'user_ann' },
  },
  {
    name: 'trust_metadata = off: the buyer pays what the rate says', settings: { credits: { trust_metadata: 'off' } },
    plans: { usd: { credits: 1, per: 100 } },
    steps: [ann, completed(5, { user: 'user_ann', credits: 5000 })], users: { user_ann: 50 },
  },
  {
    name: 'signup_bonus = 0: a new user has nothing, a buyer what was bought', settings: { credits: { signup_bonus: 0 } },
    steps: [ann, bob, completed(5, { user: 'user_ann', credits: 25 })], users: { user_ann: 25, user_bob: 0 },
    ledger: { user_ann: 'purchase 25' },
  },
  {
    name: 'a session without an id, and one of an unknown mode, fail',
    steps: [ann, as(event('checkout.session.completed', 5, { ...session({ user: 'user_ann', credits: 9 }), id: null }), 'failed: no id'),
      as(completed(6, { user: 'user_ann', credits: 9, mode: 'barter' }), 'failed: unknown mode')],
    users: { user_ann: 40 },
  },
  {
    name: 'a customer who was proven to be one user is not another\'s afterwards', fixed: true,
    steps: [ann, bob, completed(5, { user: 'user_ann', credits: 25, customer: 'cus_ann' }),
      as(completed(6, { id: 'cs_2', user: 'user_bob', credits: 5, customer: 'cus_ann' }), 'failed: identity mismatch')],
    users: { user_ann: 65, user_bob: 40 }, customers: { cus_ann: 'user_ann' },
  },
  {
    name: 'what else is told of the same payment changes nothing: intent, charge, customer',
    steps: [ann, completed(5, { user: 'user_ann', credits: 25, customer: 'cus_ann' }),
      ...[['payment_intent.succeeded', { id: 'pi_1', amount_received: 1000, currency: 'usd', customer: 'cus_ann', metadata: { user_id: 'user_ann', credits: '25' } }],
        ['charge.succeeded', { id: 'ch_1', amount: 1000, payment_intent: 'pi_1', balance_transaction: null }],
        ['charge.updated', { id: 'ch_1', amount: 1000, payment_intent: 'pi_1', balance_transaction: 'txn_FAKE' }],
        ['customer.created', { id: 'cus_ann', object: 'customer', email: null, name: null, metadata: {} }],
        ['customer.deleted', { id: 'cus_ann', object: 'customer', email: 'ann@example.com', name: 'Ann', metadata: {} }],
      ].map(([type, o], i) => as(event(type, 6 + i, o), 'skipped: no handler'))],
    users: { user_ann: 65 },
  },
  {
    name: 'who asked is null, an object, or before 2017 a text',
    steps: [ann, ...[null, { id: 'req_FAKE', idempotency_key: 'key' }, 'req_FAKE'].map((asked, i) => {
      const e = completed(5 + i, { id: `cs_${i}`, user: 'user_ann', credits: 1 });
      return { ...e, body: { ...e.body, request: asked, account: null, context: 'org_1/acct_FAKE' } };
    })],
    users: { user_ann: 43 },
  },
  {
    name: 'Connect: the account is named at the top only, and is nobody\'s payment',
    steps: [as({ ...event('account.application.deauthorized', 5, { id: 'ca_FAKE', object: 'application', name: 'Shop' }) }, 'skipped: no handler'),
      as(event('account.updated', 6, { id: 'acct_ann', object: 'account', email: null }), 'skipped: no handler')],
    users: {},
  },
];
