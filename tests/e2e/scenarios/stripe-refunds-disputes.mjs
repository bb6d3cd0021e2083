// What is taken back, in proportion and by difference, and what is given again.
import { user } from '../lib/clerk-shapes.mjs';
import { as, older } from '../lib/scenario.mjs';
import {
  completed, created, dispute, month, paid, paidBy, refund, refunded, subscribed, updated,
} from '../lib/stripe-shapes.mjs';

const plans = { price_basic: 100, price_pro: 300, usd: { credits: 1, per: 10 } };
const ann = user(0);
const bought = [ann, completed(5, { user: 'user_ann', credits: 100, customer: 'cus_ann' })];
const kept = (n) => ({ user_ann: 40 + n });
const SECOND = { start: month(1), end: month(2) };
const half = month(0) + 20000;
const booked = ['credits_granted user_ann', 'credit_balance_updated user_ann'];

export default [
  {
    name: 'a full refund takes all of it, also when it comes before the purchase',
    steps: [...bought, refunded(9, 1000)], users: kept(0), payments: { pi_1: '100, 100 taken back' },
  },
  {
    name: 'a partial refund takes its part',
    steps: [...bought, refunded(9, 500)], users: kept(50), payments: { pi_1: '100, 50 taken back' },
  },
  {
    name: 'amount_refunded is cumulative: three refunds take the difference each',
    steps: [...bought, older(refunded(9, 300)), older(refunded(10, 700)), refunded(11, 1000)], users: kept(0), refunds: { ch_1: 1000 },
  },
  {
    name: 'two refunds of one second: the larger sum is the later',
    steps: [...bought, older(refunded(9, 300)), refunded(9, 700)], users: kept(30), refunds: { ch_1: 700 },
  },
  {
    name: 'what does not divide evenly is rounded for the buyer',
    steps: [ann, completed(5, { user: 'user_ann', credits: 25 }), refunded(9, 333)], users: kept(17),
  },
  {
    name: 'a refund of a payment that never comes waits',
    steps: [...bought, as(refunded(9, 500, { charge: 'ch_9', intent: 'pi_9' }), 'waits: payment:pi_9')], users: kept(100),
  },
  {
    name: 'refund.created and refund.updated take nothing a second time',
    steps: [...bought, as(refund('refund.updated', 9, 1000, { status: 'succeeded' }), 'skipped: charge.refunded'),
      as(refund('refund.created', 9, 1000, { status: 'pending' }), 'skipped: no handler'), refunded(9, 1000)], users: kept(0),
  },
  {
    name: 'a refund that fails afterwards gives the credits again',
    steps: [...bought, refunded(9, 1000), refund('refund.failed', 900, 1000)], users: kept(100),
  },
  {
    name: 'the failure is told as refund.failed, refund.updated and charge.refund.updated: it counts once',
    steps: [...bought, refunded(9, 600), ...['refund.failed', 'refund.updated', 'charge.refund.updated'].map((type) =>
      as(refund(type, 900, 600), 'handled | skipped: known'))].map((e, i) => (i > 3 ? as(e, 'skipped: known | handled') : e)),
    users: kept(100),
  },
  {
    name: 'one of two refunds fails: the other stays',
    steps: [...bought, older(refunded(9, 300)), refunded(10, 700), refund('refund.failed', 900, 400, { id: 're_2' })], users: kept(70),
  },
  {
    name: 'a failed refund, and the charge told anew without it: given again once',
    steps: [...bought, older(refunded(9, 1000)), refund('refund.failed', 900, 1000), refunded(901, 0)], users: kept(100),
  },
  {
    name: 'a failed refund, and then one that succeeds',
    steps: [...bought, older(refunded(9, 1000)), refund('refund.failed', 900, 1000), refunded(1800, 400)], users: kept(60),
  },
  {
    name: 'a canceled refund is none',
    steps: [...bought, refunded(9, 1000), refund('refund.updated', 60, 1000, { status: 'canceled' })], users: kept(100),
  },
  {
    name: 'a dispute holds the credits as soon as it is opened',
    steps: [...bought, dispute('created', 9, 'needs_response')], users: kept(0), disputes: { du_1: 'needs_response' },
  },
  {
    name: 'created and funds_withdrawn are one dispute',
    steps: [...bought, dispute('created', 9, 'needs_response'), as(dispute('funds_withdrawn', 9, 'needs_response'), 'skipped | handled')]
      .map((e, i) => (i === 2 ? as(e, 'handled | skipped') : e)),
    users: kept(0), disputes: { du_1: 'needs_response' },
  },
  {
    name: 'a dispute that is won gives the credits again, once',
    steps: [...bought, older(dispute('created', 9, 'needs_response')), older(dispute('updated', 900, 'under_review')),
      dispute('closed', 9000, 'won'), as(dispute('funds_reinstated', 9000, 'won'), 'skipped | handled')]
      .map((e, i) => (i === 4 ? as(e, 'handled | skipped') : e)),
    users: kept(100), disputes: { du_1: 'won' },
    messages: ['user.created user_ann', ...booked, ...booked, 'credit_balance_updated user_ann', ...booked],
  },
  {
    name: 'a dispute that is lost keeps them',
    steps: [...bought, older(dispute('created', 9, 'needs_response')), dispute('closed', 9000, 'lost')], users: kept(0), disputes: { du_1: 'lost' },
  },
  {
    name: 'lost, appealed and won after all',
    steps: [...bought, older(dispute('created', 9, 'needs_response')), older(dispute('closed', 9000, 'lost')),
      older(dispute('updated', 9100, 'appeal_under_review')), dispute('funds_reinstated', 20000, 'won')],
    users: kept(100), disputes: { du_1: 'won' },
  },
  {
    name: 'an inquiry (warning_*) takes nothing, nor does one that was prevented',
    steps: [...bought, older(dispute('created', 9, 'warning_needs_response')), dispute('closed', 900, 'warning_closed'),
      dispute('created', 9, 'prevented', { id: 'du_2' })],
    users: kept(100), disputes: { du_1: 'warning_closed', du_2: 'prevented' },
  },
  {
    name: 'an inquiry that becomes a dispute takes',
    steps: [...bought, older(dispute('created', 9, 'warning_needs_response')), dispute('updated', 900, 'needs_response')], users: kept(0),
  },
  {
    name: 'a dispute of a part holds that part, and its id may begin as of old',
    steps: [...bought, dispute('created', 9, 'needs_response', { id: 'dp_1', amount: 250 })], users: kept(75), disputes: { dp_1: 'needs_response' },
  },
  {
    name: 'refund and dispute together never take more than there was',
    steps: [...bought, refunded(9, 700), dispute('created', 10, 'needs_response', { amount: 600 })], users: kept(0),
  },
  {
    name: 'refunded in part and disputed in part, the dispute won: only the refund stays',
    steps: [...bought, refunded(9, 300), older(dispute('created', 10, 'needs_response', { amount: 700 })), dispute('closed', 9000, 'won', { amount: 700 })],
    users: kept(70),
  },
  {
    name: 'two disputes of one payment',
    steps: [...bought, dispute('created', 9, 'lost', { amount: 200 }), dispute('created', 10, 'needs_response', { id: 'du_2', amount: 300 })],
    users: kept(50),
  },
  {
    name: 'a status of a dispute that nobody knows fails',
    steps: [...bought, as(dispute('updated', 9, 'in_limbo'), 'failed: no state of a dispute')], users: kept(100),
  },
  {
    name: 'a dispute that names only a charge finds the bill of old that was paid by it', plans,
    steps: [ann, paid(6, { version: '2020-08-27', customer: null, subscription: null, metadata: { user_id: 'user_ann' },
      lines: [{ item: null, price: null }], payment: { charge: 'ch_1' } }), dispute('created', 9, 'needs_response', { intent: null })],
    users: kept(0),
  },
  {
    name: 'a refund of a bill in the newest shape waits until invoice_payment.paid names the payment', plans,
    steps: [ann, subscribed(5, { user: 'user_ann' }), created(5), paid(6), paidBy(6, 'in_1', 'pi_1'), refunded(900, 1000)],
    users: kept(0), subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'a refund of one period takes nothing of the other', plans,
    steps: [ann, subscribed(5, { user: 'user_ann' }), created(5), paid(6), paidBy(6, 'in_1', 'pi_1'),
      paid(month(1) + 5, { id: 'in_2', lines: [SECOND] }), paidBy(month(1) + 5, 'in_2', 'pi_2'),
      refunded(month(1) + 900, 1000, { charge: 'ch_2', intent: 'pi_2' })],
    users: kept(100), subscriptions: { sub_1: 'active price_basic' },
  },
  {
    name: 'a refund of the upgrade takes the difference only', plans,
    steps: [ann, subscribed(5, { user: 'user_ann' }), older(created(5)), paid(6), paidBy(6, 'in_1', 'pi_1'), updated(half, { items: [{ price: 'price_pro' }] }),
      paid(half + 1, { id: 'in_2', lines: [{ amount: -500, proration: true, start: half },
        { price: 'price_pro', amount: 1500, proration: true, start: half }] }), paidBy(half + 1, 'in_2', 'pi_2'),
      refunded(half + 900, 1000, { charge: 'ch_2', intent: 'pi_2' })],
    users: kept(100), subscriptions: { sub_1: 'active price_pro' },
  },
  {
    name: 'a refund of the first payment leaves what the upgrade added', plans,
    steps: [ann, subscribed(5, { user: 'user_ann' }), older(created(5)), paid(6), paidBy(6, 'in_1', 'pi_1'), updated(half, { items: [{ price: 'price_pro' }] }),
      paid(half + 1, { id: 'in_2', lines: [{ amount: -500, proration: true, start: half },
        { price: 'price_pro', amount: 1500, proration: true, start: half }] }), paidBy(half + 1, 'in_2', 'pi_2'),
      refunded(half + 900, 1000)],
    users: kept(200), subscriptions: { sub_1: 'active price_pro' },
  },
  {
    name: 'a free session cannot be refunded of anything',
    steps: [ann, completed(5, { user: 'user_ann', credits: 10, payment_status: 'no_payment_required', payment_intent: null, amount_total: 0 })],
    users: kept(10),
  },
  {
    name: 'negative_balance = floor takes no more than there is', settings: { credits: { negative_balance: 'floor', signup_bonus: 0 } },
    steps: [...bought, older(refunded(9, 400)), refunded(10, 1000), dispute('created', 11, 'needs_response')], users: { user_ann: 0 },
  },
];
