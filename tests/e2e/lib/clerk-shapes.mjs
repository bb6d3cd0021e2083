// Clerk's events as its documents and real deliveries give them: the nested shape,
// and the flat one of billing.  Times are minutes after EPOCH.
import { at, month } from './stripe-shapes.mjs';

const ms = (t) => at(t) * 1000;
const orNull = (t) => (t === undefined || t === null ? null : ms(t));

export function event(type, t, data, { instance = 'ins_ours', stamp = ms(t) } = {}) {
  return {
    provider: 'clerk', type,
    body: {
      data, event_attributes: { http_request: { client_ip: '', user_agent: '' } },
      instance_id: instance, object: 'event', timestamp: stamp, type,
    },
  };
}

// ---- people ------------------------------------------------------------------------

const address = (id, email) => ({
  id, object: 'email_address', email_address: email, verification: { status: 'verified', strategy: 'email_code' },
});
// emails: the first is primary unless `primary` says another, or null.
export function person(t, id = 'user_ann', { emails, primary, ...more } = {}) {
  const all = emails ?? [`${id.slice(5)}@example.com`];
  return {
    id, object: 'user', first_name: 'Ann', last_name: 'Example', username: null, external_id: null,
    email_addresses: all.map((email, i) => address(`idn_${i}`, email)),
    primary_email_address_id: primary === undefined ? (all.length ? 'idn_0' : null) : primary,
    phone_numbers: [], primary_phone_number_id: null, public_metadata: {}, private_metadata: {}, unsafe_metadata: {},
    banned: false, locked: false, created_at: ms(0), updated_at: ms(t), ...more,
  };
}
export const user = (t, id, more, how) => event('user.created', t, person(t, id, more), how);
export const userUpdated = (t, id, more, how) => event('user.updated', t, person(t, id, more), how);
export const userDeleted = (t, id = 'user_ann') => event('user.deleted', t, { deleted: true, id, object: 'user' });

export const session = (what, t, { id = 'sess_1', of = 'user_ann', status = what, ...more } = {}) =>
  event(`session.${what}`, t, {
    id, object: 'session', user_id: of, status: status === 'created' ? 'active' : status, client_id: 'client_FAKE',
    actor: null, expire_at: ms(t + 10080), abandon_at: ms(t + 43200), created_at: ms(0), updated_at: ms(t), ...more,
  });

// ---- organizations -------------------------------------------------------------------

const team = (t, id, more) => ({
  id, object: 'organization', name: 'Acme', slug: 'acme', created_by: 'user_ann', public_metadata: {},
  created_at: ms(0), updated_at: ms(t), ...more,
});
export const organization = (what, t, { id = 'org_acme', ...more } = {}) =>
  event(`organization.${what}`, t, what === 'deleted' ? { deleted: true, id, object: 'organization', slug: 'acme' } : team(t, id, more));
export const membership = (what, t, { id = 'orgmem_1', of = 'user_ann', org = 'org_acme', role = 'org:member' } = {}) =>
  event(`organizationMembership.${what}`, t, {
    id, object: 'organization_membership', role, permissions: [], organization: team(0, org),
    public_user_data: { user_id: of, first_name: 'Ann', last_name: 'Example', identifier: 'ann@example.com' },
    created_at: ms(0), updated_at: ms(t),
  });

// ---- billing: nested ------------------------------------------------------------------

const FEES = { cplan_basic: 1000, cplan_pro: 2000, cplan_free: 0, cplan_late: 1500 };
// The unused id of a payer is an empty text.
const payer = (of) => ({
  object: 'commerce_payer', id: 'cpayer_FAKE', email: 'payer@shop.test',
  user_id: of.startsWith('user_') ? of : '', organization_id: of.startsWith('org_') ? of : '',
});
export function itemData({ id = 'csub_item_1', plan = 'cplan_basic', status = 'active', start = month(0), end = month(1),
  fee = FEES[plan], prices, ...more } = {}) {
  return {
    object: 'commerce_subscription_item', id, status, is_free_trial: false, interval: 'month',
    plan_id: plan, plan: plan && { id: plan, slug: plan.slice(6), name: plan.slice(6), is_recurring: fee > 0, amount: fee, currency: 'USD',
      ...(prices && { unit_prices: prices }) },
    period_start: ms(start), period_end: orNull(end), canceled_at: null, past_due_at: null, ended_at: null,
    subscription_id: null, ...more,
  };
}
export const subscription = (what, t, { id = 'csub_1', of = 'user_ann', status = 'active', items = [{}], ...more } = {}, how) =>
  event(`subscription.${what}`, t, {
    object: 'commerce_subscription', id, status, payer: payer(of), payer_id: 'cpayer_FAKE', latest_payment_id: null,
    items: items.map((i) => ({ ...itemData(i), updated_at: ms(t), created_at: ms(0) })),
    created_at: ms(0), updated_at: ms(t), canceled_at: null, ended_at: null, past_due_at: null, ...more,
  }, how);
export const item = (what, t, { of = 'user_ann', subscription_id = 'csub_1', ...more } = {}, how) =>
  event(`subscriptionItem.${what}`, t, {
    ...itemData({ status: what, ...more }), payer: payer(of), subscription_id, created_at: ms(0), updated_at: ms(t),
  }, how);
export const attempt = (status, t, { id = 'pa_1', of = 'user_ann', items = [{}], amount = 1000, intent = 'pi_1', ...more } = {}) =>
  event(status === 'pending' ? 'paymentAttempt.created' : 'paymentAttempt.updated', t, {
    id, payment_id: 'cpa_FAKE', gateway_external_id: intent, status, charge_type: 'recurring',
    created_at: ms(0), updated_at: ms(t), paid_at: ['paid', 'succeeded'].includes(status) ? ms(t) : null,
    failed_at: status === 'failed' ? ms(t) : null, failed_reason: status === 'failed' ? { code: 'card_declined' } : null,
    payer: payer(of), totals: { grand_total: { amount, amount_formatted: '$', currency: 'USD', currency_symbol: '$' } },
    subscription_items: items.map((i) => itemData(i)), ...more,
  });

// ---- billing: flat, times in seconds ----------------------------------------------------

export const flat = (type, t, { id = 'csub_1', of = 'user_ann', status = 'active', plan = 'cplan_basic', start = month(0),
  end = month(1), ...more } = {}) => event(type, t, {
  id, payer_id: of, ...(of.startsWith('user_') ? { user_id: of } : { organization_id: of }), status,
  plan: { id: plan, name: plan.slice(6) }, period_start: at(start), period_end: at(end), ...more,
}, { stamp: at(t) });

// ---- mails -------------------------------------------------------------------------------

export const composed = (type, t, byClerk) => event(type, t, {
  id: 'ema_FAKE', object: type.split('.')[0], to_email_address: 'ann@example.com', from_email_name: 'notifications',
  subject: 'Your code', body: '<p>424242</p>', body_plain: '424242', slug: 'verification_code', data: { otp_code: '424242' },
  user_id: null, status: 'queued', ...(byClerk !== undefined && { delivered_by_clerk: byClerk }),
});
