// Several senders of one buyer: what belongs together is found, and nothing twice.
import * as clerk from '../lib/clerk-shapes.mjs';
import { bounced, mail } from '../lib/resend-shapes.mjs';
import { as, known, older } from '../lib/scenario.mjs';
import {
  completed, created, deleted, dispute, month, paid, paidBy, paymentFailed, refunded, subscribed, succeeded, thin, updated,
} from '../lib/stripe-shapes.mjs';

const plans = { price_basic: 100, price_pro: 300, cplan_basic: 200, cplan_pro: 500, usd: { credits: 1, per: 10 } };
const ann = clerk.user(0);
const SECOND = { start: month(1), end: month(2) };

export default [
  {
    name: 'half a year of one subscriber', plans,
    steps: [
      older(ann), subscribed(5, { user: 'user_ann' }), older(created(5, { status: 'incomplete' })), paid(6), paidBy(6, 'in_1', 'pi_1'),
      older(updated(7)),
      older(updated(20000, { items: [{ price: 'price_pro' }] })),
      paid(20001, { id: 'in_2', lines: [{ amount: -500, proration: true, start: 20000 },
        { price: 'price_pro', amount: 1500, proration: true, start: 20000 }] }),
      as(paymentFailed(month(1), { id: 'in_3', lines: [{ ...SECOND, price: 'price_pro', amount: 3000 }] }), 'handled | skipped: paid'),
      older(updated(month(1), { status: 'past_due', items: [{ ...SECOND, price: 'price_pro' }] })),
      paid(month(1) + 4000, { id: 'in_3', lines: [{ ...SECOND, price: 'price_pro', amount: 3000 }] }),
      older(updated(month(1) + 4000, { items: [{ ...SECOND, price: 'price_pro' }] })),
      clerk.userUpdated(month(1) + 5000, 'user_ann', { emails: ['new@example.com'] }),
      completed(month(1) + 6000, { id: 'cs_2', user: 'user_ann', credits: 25, customer: 'cus_ann' }),
      refunded(month(1) + 7000, 400, { charge: 'ch_2', intent: 'pi_2' }),
      deleted(month(2), { items: [{ ...SECOND, price: 'price_pro' }] }),
    ],
    users: { user_ann: 40 + 100 + 200 + 300 + 15 }, subscriptions: { sub_1: 'canceled price_pro' },
    profiles: { user_ann: 'new@example.com Ann' }, invoices: { in_1: 'paid', in_2: 'paid', in_3: 'paid' },
    periods: { 'si_1 2026-01-01': 300, 'si_1 2026-02-01': 300 },
  },
  {
    name: 'Clerk Billing and Stripe beside it: one user, two subscriptions, a purchase', plans,
    steps: [ann, older(clerk.subscription('active', 5, {})), clerk.attempt('paid', 5, { intent: 'pi_9' }),
      subscribed(6, { user: 'user_ann' }), created(6), paid(7), completed(8, { id: 'cs_2', user: 'user_ann', credits: 25 })],
    users: { user_ann: 40 + 200 + 100 + 25 }, subscriptions: { csub_1: 'active cplan_basic', sub_1: 'active price_basic' },
  },
  {
    name: 'an organization\'s subscription is not its founder\'s', plans,
    steps: [ann, clerk.organization('created', 1), clerk.membership('created', 1), clerk.subscription('active', 5, { of: 'org_acme' }),
      completed(8, { user: 'user_ann', credits: 25 })],
    users: { user_ann: 65 }, orgs: { org_acme: 200 }, subscriptions: { csub_1: 'active cplan_basic' },
    organizations: { org_acme: 'Acme' }, members: { orgmem_1: 'user_ann org:member of org_acme' },
  },
  {
    name: 'a dispute of what Clerk charged, won', plans,
    steps: [ann, older(clerk.item('active', 5)), clerk.attempt('paid', 5), older(dispute('created', 900, 'needs_response')),
      dispute('closed', 9000, 'won')],
    users: { user_ann: 240 }, payments: { pi_1: '200' },
  },
  {
    name: 'a mail to a buyer bounces: blocked, and the credits stay', plans,
    steps: [ann, completed(5, { user: 'user_ann', credits: 25 }), mail('sent', 6), bounced(7, 'Permanent')],
    users: { user_ann: 65 }, mails: { mail_1: 'bounced' }, suppressed: { 'ann@example.com': 'bounce' },
  },
  {
    name: 'two buyers, two customers, nothing crosses', plans,
    steps: [ann, clerk.user(0, 'user_bob'), completed(5, { user: 'user_ann', credits: 25, customer: 'cus_ann' }),
      completed(5, { id: 'cs_2', user: 'user_bob', credits: 30, customer: 'cus_bob' }), refunded(9, 500, { charge: 'ch_2', intent: 'pi_2' })],
    users: { user_ann: 65, user_bob: 55 }, customers: { cus_ann: 'user_ann', cus_bob: 'user_bob' },
  },
  {
    name: 'one purchase in four events: completed, succeeded, thin and invoice', plans,
    steps: [ann, { ...completed(5, { user: 'user_ann', credits: 100, customer: 'cus_ann', invoice: 'in_1' }), id: 'evt_whole' },
      succeeded(6, { user: 'user_ann', credits: 100, customer: 'cus_ann', invoice: 'in_1' }),
      as(thin('v1.checkout.session.completed', 5, 'cs_1', 'evt_whole'), 'skipped: thin'),
      paid(6, { subscription: null, lines: [{ item: null, price: null }] }), as(paidBy(6, 'in_1', 'pi_1'), 'skipped: known | handled')],
    users: { user_ann: 140 },
  },
  {
    name: 'an upgrade at Clerk: the old item ends, the new one is paid', plans,
    steps: [ann, older(clerk.item('active', 5)), clerk.attempt('paid', 5), clerk.item('ended', 20000),
      older(clerk.item('active', 20000, { id: 'csub_item_2', plan: 'cplan_pro', start: 20000, end: 20000 + 44640 })),
      clerk.attempt('paid', 20000, { id: 'pa_2', intent: 'pi_2', amount: 2000, items: [{ id: 'csub_item_2', plan: 'cplan_pro', start: 20000, end: 20000 + 44640 }] })],
    users: { user_ann: 740 }, items: { csub_item_1: 'ended cplan_basic', csub_item_2: 'active cplan_pro' },
  },
  {
    name: 'the same period told nested by its item and by the attempt, times in seconds', plans,
    steps: [ann, older(clerk.subscription('active', 5, {})), known(clerk.subscription('active', 5, {})),
      clerk.attempt('paid', 6, { paid_at: 1767225960, updated_at: 1767225960 })],
    users: { user_ann: 240 }, subscriptions: { csub_1: 'active cplan_basic' },
  },
  {
    name: 'the application makes the user before Clerk tells of it, or after: one user, one bonus',
    steps: [{ call: '/users', body: { clerk_id: 'user_ann', email: 'early@example.com' } }, ann, completed(5, { user: 'user_ann', credits: 25 })],
    users: { user_ann: 65 }, profiles: { user_ann: 'ann@example.com Ann' }, keys: { user_ann: '1' },
  },
  {
    name: 'spent credits that are refunded: the balance goes below zero, and a dispute that is won gives them back', fixed: true,
    steps: [ann, completed(5, { user: 'user_ann', credits: 100 }), { call: '/credits/burn', body: { user: 'user_ann', amount: 130 } },
      dispute('created', 9, 'needs_response'), refunded(10, 500), dispute('closed', 9000, 'won')],
    users: { user_ann: 10 - 50 },
  },
  {
    name: 'spent credits are waived with negative_balance = floor, and not taken later', fixed: true,
    settings: { credits: { negative_balance: 'floor' } },
    steps: [ann, completed(5, { user: 'user_ann', credits: 100 }), { call: '/credits/burn', body: { user: 'user_ann', amount: 130 } },
      as(refunded(9, 1000), 'handled: 10 credits taken back'), completed(20, { id: 'cs_2', user: 'user_ann', credits: 25 }),
      as(dispute('created', 30, 'needs_response'), 'handled: no credits follow')],
    users: { user_ann: 25 }, payments: { pi_1: '100, 10 taken back', pi_2: '25' },
  },
];
