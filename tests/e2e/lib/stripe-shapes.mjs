// Stripe's events in the shapes that its documents give them, of any API version
// since 2020-08-27.  Times are minutes after EPOCH.  Ids that begin as Stripe's do
// are made unique for each run by lib/scenario.mjs, so tables may call them pi_1.
export const EPOCH = Date.UTC(2026, 0, 1) / 1000;
export const VERSIONS = ['2020-08-27', '2022-11-15', '2024-06-20', '2025-03-31.basil', '2026-10-28.endive'];
export const NEWEST = VERSIONS.at(-1);
const OLDEST = VERSIONS[0];
const moved = (version) => version >= '2025-03-31';	// periods, parents and payments have other places

export const at = (t) => EPOCH + Math.round(t * 60);
// Minutes at which the n-th month after EPOCH begins.
export const month = (n) => (Date.UTC(2026, n, 1) / 1000 - EPOCH) / 60;
const list = (data) => ({ object: 'list', data, has_more: false, total_count: data.length });

export function event(type, t, object, { version = NEWEST, live = false, previous, id } = {}) {
  return {
    provider: 'stripe', type, id,
    body: {
      object: 'event', api_version: version, created: at(t),
      data: { object, ...(previous && { previous_attributes: previous }) },
      livemode: live, pending_webhooks: 1, request: { id: null, idempotency_key: null }, type,
    },
  };
}

// No data: it names a thing, and the snapshot event of the same change.
export const thin = (type, t, related, snapshot) => ({
  provider: 'stripe', type,
  body: {
    object: 'v2.core.event', type, livemode: false, created: new Date(at(t) * 1000).toISOString(),
    reason: { type: 'request', request: { id: 'req_FAKE', idempotency_key: null } },
    related_object: { id: related, type: type.split('.')[1], url: `/v1/things/${related}` },
    ...(snapshot && { snapshot_event: snapshot }),
  },
});

// ---- checkout sessions: user and credits as the site's own server wrote them ------

export const session = ({ id = 'cs_1', user, credits, metadata, ...more } = {}) => ({
  id, object: 'checkout.session', amount_total: 1000, currency: 'usd', mode: 'payment',
  payment_status: 'paid', status: 'complete', client_reference_id: null, customer: null,
  customer_details: { email: null, name: null }, payment_intent: `pi_${id.slice(3)}`,
  setup_intent: null, subscription: null, invoice: null, payment_link: null, livemode: false,
  metadata: { ...(user && { user_id: user }), ...(credits && { credits: String(credits) }), ...metadata }, ...more,
});
export const completed = (t, o, more) => event('checkout.session.completed', t, session(o), more);
export const succeeded = (t, o, more) => event('checkout.session.async_payment_succeeded', t, session(o), more);
export const failed = (t, o, more) =>
  event('checkout.session.async_payment_failed', t, session({ payment_status: 'unpaid', ...o }), more);
export const expired = (t, o, more) => event('checkout.session.expired', t,
  session({ payment_status: 'unpaid', status: 'expired', payment_intent: null, ...o }), more);
// The session that begins a subscription: its invoices pay.
export const subscribed = (t, o, more) => completed(t, {
  mode: 'subscription', payment_intent: null, subscription: 'sub_1', invoice: 'in_1', customer: 'cus_ann', ...o,
}, more);

// ---- subscriptions: items are { id, price, start, end, quantity } -------------------

function item(version, sub, { id = 'si_1', price = 'price_basic', start, end, quantity = 1 }) {
  return {
    id, object: 'subscription_item', created: at(0), quantity, subscription: sub,
    price: { id: price, object: 'price', nickname: null, product: 'prod_FAKE', type: 'recurring', unit_amount: 1000 },
    plan: { id: price, object: 'plan', amount: 1000, nickname: null, product: 'prod_FAKE' },
    ...(moved(version) && { current_period_start: at(start), current_period_end: at(end) }),
  };
}
const PERIOD = { start: month(0), end: month(1) };

export function subscription({ version = NEWEST, id = 'sub_1', customer = 'cus_ann', items = [{}], metadata = {}, ...more } = {}) {
  const all = items.map((i) => ({ ...PERIOD, ...i }));
  return {
    id, object: 'subscription', customer, status: 'active', cancel_at: null, cancel_at_period_end: false,
    canceled_at: null, ended_at: null, trial_end: null, metadata, livemode: false,
    items: list(all.map((i) => item(version, id, i))),
    ...(!moved(version) && {
      current_period_start: at(all[0].start), current_period_end: at(all[0].end),
      plan: { id: all[0].price ?? 'price_basic', object: 'plan' },
    }),
    ...more,
  };
}
const told = (what) => (t, o = {}, { previous } = {}) =>
  event(`customer.subscription.${what}`, t, subscription(o), { version: o.version, previous });
export const created = told('created'), updated = told('updated'), deleted = (t, o = {}) =>
  told('deleted')(t, { status: 'canceled', ended_at: at(t), canceled_at: at(t), ...o });
export const paused = told('paused'), resumed = told('resumed'), trialEnds = told('trial_will_end');
// What items were before: previous_attributes of an update.
export const before = (items, version = NEWEST) => ({ items: list(items.map((i) => item(version, 'sub_1', { ...PERIOD, ...i }))) });

// ---- invoices: lines are { item, price, amount, start, end, quantity, proration } ----
// item null: no subscription's, a thing of its own.

function line(version, bill, { item: of = 'si_1', price = 'price_basic', amount = 1000, quantity = 1, proration = false,
  start = PERIOD.start, end = PERIOD.end, unit, off, named = true }) {
  const sub = of && bill.subscription;
  const each = String(unit ?? Math.abs(amount / quantity));
  return {
    id: `il_FAKE${of ?? 'x'}${amount}`, object: 'line_item', amount, currency: bill.currency, quantity,
    period: { start: at(start), end: at(end) }, discount_amounts: off ? [{ amount: off, discount: 'di_FAKE' }] : [],
    ...(moved(version) ? {
      parent: of ? {
        type: 'subscription_item_details', invoice_item_details: null,
        subscription_item_details: { subscription: sub, subscription_item: of, proration, invoice_item: null },
      } : {
        type: 'invoice_item_details', subscription_item_details: null,
        invoice_item_details: { invoice_item: 'ii_FAKE', proration, subscription: null },
      },
      pricing: price && { type: 'price_details', price_details: { price, product: 'prod_FAKE' }, unit_amount_decimal: each },
    } : {
      type: of ? 'subscription' : 'invoiceitem', proration, metadata: bill.metadata,
      ...(of && { subscription: sub, ...(named && { subscription_item: of }) }),
      price: price && { id: price, object: 'price', type: of ? 'recurring' : 'one_time', unit_amount_decimal: each },
      ...(version === OLDEST && { plan: price && of ? { id: price, object: 'plan' } : null }),
    }),
  };
}

// payment: by what it was paid, { intent, charge }; metadata: the invoice's own.
export function invoice({ version = NEWEST, id = 'in_1', customer = 'cus_ann', subscription: sub = 'sub_1', lines = [{}],
  payment = {}, metadata = {}, subscriptionMetadata = {}, paid = true, currency = 'usd', pages = 1, ...more } = {}) {
  const rows = lines.map((l) => line(version, { subscription: sub, currency, metadata: subscriptionMetadata }, l));
  const total = rows.reduce((sum, l) => sum + l.amount, 0);
  return {
    id, object: 'invoice', customer, currency, billing_reason: sub ? 'subscription_cycle' : 'manual', metadata,
    status: paid ? 'paid' : 'open', amount_due: Math.max(total, 0), amount_paid: paid ? Math.max(total, 0) : 0,
    subtotal: total, total, lines: { ...list(rows), has_more: pages > 1, total_count: pages * rows.length }, livemode: false,
    ...(moved(version) ? {
      parent: sub ? { type: 'subscription_details', quote_details: null,
        subscription_details: { subscription: sub, metadata: subscriptionMetadata } } : null,
    } : {
      subscription: sub, paid, payment_intent: payment.intent ?? null, charge: payment.charge ?? null,
      ...(version > OLDEST && { subscription_details: { metadata: subscriptionMetadata } }),
    }),
    ...more,
  };
}
const bill = (what, extra = {}) => (t, o = {}, more) => event(`invoice.${what}`, t, invoice({
  ...(extra.paid !== false && { status_transitions: { paid_at: at(t) } }), ...extra, ...o,
}), { version: o.version, ...more });
export const paid = bill('paid'), paymentSucceeded = bill('payment_succeeded');
export const paymentFailed = bill('payment_failed', { paid: false, attempt_count: 1, next_payment_attempt: null });
export const voided = bill('voided', { paid: false, status: 'void' });
export const uncollectible = bill('marked_uncollectible', { paid: false, status: 'uncollectible' });
// Since basil this alone tells by what an invoice was paid.
export const paidBy = (t, bill_, intent, charge) => event('invoice_payment.paid', t, {
  id: `inpay_FAKE`, object: 'invoice_payment', invoice: bill_, amount_paid: 1000, currency: 'usd', status: 'paid',
  payment: charge ? { type: 'charge', charge } : { type: 'payment_intent', payment_intent: intent },
});

// ---- charges, refunds, disputes -------------------------------------------------

export const refunded = (t, of, { charge = 'ch_1', intent = 'pi_1', amount = 1000, version = NEWEST } = {}) =>
  event('charge.refunded', t, {
    id: charge, object: 'charge', amount, amount_refunded: of, payment_intent: intent, currency: 'usd', paid: true,
    refunded: of === amount, status: 'succeeded', balance_transaction: null,
    ...(version < '2022-11-15' && { invoice: null, refunds: list([{ id: 're_FAKE', object: 'refund', amount: of }]) }),
  }, { version, previous: { amount_refunded: 0 } });
export const refund = (what, t, amount, { id = 're_1', charge = 'ch_1', intent = 'pi_1', status = 'failed' } = {}) =>
  event(what, t, {
    id, object: 'refund', amount, charge, payment_intent: intent, currency: 'usd', status,
    ...(status === 'failed' && { failure_reason: 'lost_or_stolen_card' }),
  });
export const dispute = (what, t, status, { id = 'du_1', charge = 'ch_1', intent = 'pi_1', amount = 1000 } = {}) =>
  event(`charge.dispute.${what}`, t, {
    id, object: 'dispute', amount, charge, payment_intent: intent, currency: 'usd', reason: 'fraudulent', status,
    evidence_details: { due_by: at(t + 10000), has_evidence: false },
  });
