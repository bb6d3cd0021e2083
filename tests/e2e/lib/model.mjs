// A model of what the senders' customers do, and of the books that must come of
// it.  Reckoned from the senders' documents and the project's own rules, not from
// its code: a history is a list of events, each with the facts that it tells and
// what it needs and gives; the books are what follows from the set of facts
// (reckon.mjs), so the order of arrival cannot matter there.
import { random } from './story.mjs';

export const BONUS = 40;

// What `hookkeeper plan set` is told: [ref, credits, per].
export const PLANS = [
  ['price_bronze', 100], ['price_silver', 300], ['price_gold', 1000], ['price_none', 0], ['plink_pack', 55],
  ['cplan_basic', 120], ['cplan_pro', 450], ['usd', 2, 3], ['jpy', 3, 10], ['kwd', 1, 70],
];
// Set only when all was told: what it is worth is waited for.
export const LATE_PLANS = [['cplan_late', 77]];
const CREDITS = Object.fromEntries([...PLANS, ...LATE_PLANS].map(([ref, credits]) => [ref, credits]));
const RATE = Object.fromEntries(PLANS.filter(([, , per]) => per).map(([ref, credits, per]) => [ref, (n) => Math.floor((n * credits) / per)]));
// price_odd has no plan: it is worth what was paid for it.
const COST = { price_bronze: 900, price_silver: 1900, price_gold: 4900, price_odd: 1234, cplan_basic: 1200, cplan_pro: 3900, cplan_late: 700 };
const VERSIONS = ['2020-08-27', '2022-11-15', '2025-03-31.basil', '2026-10-28.endive'];
const DAY = 86400, MONTH = 30 * DAY;

export class History {
  // tag: what makes its names its own.  The same seed and tag make the same history.
  constructor(seed, tag) {
    this.seed = seed;
    this.tag = tag;
    this.rnd = random(seed);
    this.count = 0;
    this.events = [];
    this.t = 1760000000 + this.upto(10000000);
    this.version = this.one(VERSIONS);
    this.modern = this.version >= '2025';
    this.live();
  }

  upto(n) { return Math.floor(this.rnd() * n); }
  one(list) { return list[this.upto(list.length)]; }
  chance(p) { return this.rnd() < p; }
  name(kind) { return `${kind}_${this.tag}${(this.count++).toString(36)}`; }
  // Time goes on, often by less than the senders' clocks tell.
  pass(...steps) { this.t += this.one(steps.length > 0 ? steps : [0, 0, 0, 1, 7, 3600]); }
  // Clerk's clock: ms that never repeat.
  ms() { return this.t * 1000 + (this.count++ % 1000); }

  // needs: all of these must be there; "a|b": one of them.  pays: fails when this user is gone.
  emit(provider, type, id, body, { needs = [], gives = [], facts = [], pays } = {}) {
    const event = { provider, type, id, body, needs, gives, facts, pays };
    this.events.push(event);
    return event;
  }

  stripe(type, object, more = {}) {
    const write = (id, livemode = false) => JSON.stringify({
      id, object: 'event', api_version: this.version, created: more.at ?? this.t,
      data: { object, ...(more.previous && { previous_attributes: more.previous }) },
      livemode, pending_webhooks: 1, request: { id: null, idempotency_key: null }, type,
    }, null, 2);
    const id = this.name('evt');
    const event = this.emit('stripe', type, id, write(id), more);
    // The other mode's events are none of ours, whatever they say.
    if (this.chance(0.02)) {
      const other = this.name('evt');
      this.emit('stripe', type, other, write(other, true));
    }
    if (this.chance(0.01)) {
      const thin = this.name('evt');
      this.emit('stripe', `v1.${type}`, thin, JSON.stringify({
        id: thin, object: 'v2.core.event', type: `v1.${type}`, livemode: false, created: new Date((more.at ?? this.t) * 1000).toISOString(),
        related_object: { id: object.id, type: object.object, url: '/v1/x' }, snapshot_event: id,
      }, null, 2));
    }
    // "In some cases two separate Event objects are generated."
    if (this.chance(0.06)) {
      const twin = this.name('evt');
      this.emit('stripe', type, twin, write(twin), more);
    }
    return event;
  }

  clerk(type, data, more = {}) {
    return this.emit('clerk', type, this.name('msg'), JSON.stringify({
      data, event_attributes: { http_request: { client_ip: '', user_agent: '' } },
      instance_id: 'ins_FAKE', object: 'event', timestamp: this.ms(), type,
    }), more);
  }

  live() {
    this.newUser();
    const acts = [() => this.checkout(), () => this.checkout(), () => this.subscription(),
      () => this.billing('user'), () => this.flatBilling(), () => this.mail(), () => this.userUpdate()];
    if (this.chance(0.15)) this.billing('organization');
    for (let n = 1 + this.upto(4); n > 0; n--) {
      this.one(acts)();
      this.pass(0, 0, 1, 60, DAY);
    }
    if (this.chance(0.12)) this.userGone();
  }

  // ---- users -------------------------------------------------------------------

  newUser() {
    this.user = `user_${this.tag}`;
    this.customer = this.name('cus');
    this.born = this.ms();
    this.row = {
      email: `ann.${this.tag}@example.com`, first_name: 'Ann', last_name: this.chance(0.8) ? 'Example' : null, username: null,
      external_id: null, metadata: '{}',
    };
    this.tellUser('user.created', this.born);
    if (this.chance(0.3)) this.tellUser('user.updated', this.born);	// the same state told twice
  }

  userUpdate() {
    this.t += 1;
    const change = {
      email: () => (this.chance(0.2) ? null : `ann${this.count}.${this.tag}@example.com`), first_name: () => `Ann${this.count}`,
      username: () => `ann${this.count}`, external_id: () => `shop-${this.count}`, metadata: () => `{"step":${this.count}}`,
    };
    const what = this.one(Object.keys(change));
    this.row = { ...this.row, [what]: change[what]() };
    this.tellUser('user.updated', this.ms());
  }

  tellUser(type, at) {
    const { email, metadata, ...rest } = this.row;
    const addresses = [{ id: 'idn_0', object: 'email_address', email_address: `old.${this.tag}@example.com`, verification: null }];
    if (email) addresses.push({ id: 'idn_1', object: 'email_address', email_address: email, verification: { status: 'verified' } });
    this.clerk(type, {
      id: this.user, object: 'user', ...rest, primary_email_address_id: email ? 'idn_1' : null, email_addresses: addresses,
      phone_numbers: [], public_metadata: JSON.parse(metadata), private_metadata: {}, unsafe_metadata: { theme: 'x' },
      created_at: this.born, updated_at: at, banned: false, locked: false,
    }, { gives: [`user:${this.user}`], facts: [{ k: 'user', user: this.user, at, row: this.row }] });
  }

  // late 1: told after all else was worked off, so that every payment came in time; 2: after that.
  userGone() {
    this.goneLate = this.chance(0.5);
    this.t += 60;
    const gone = this.clerk('user.deleted', { deleted: true, id: this.user, object: 'user' },
      { gives: [`user:${this.user}`], facts: [{ k: 'gone', user: this.user }] });
    gone.late = this.goneLate ? 1 : 0;
    if (!this.goneLate || !this.chance(0.5)) return;
    this.userUpdate();
    const after = this.events.at(-1);
    [after.late, after.facts] = [2, []];	// never revives, never changes
  }

  // ---- one payment ---------------------------------------------------------------

  // What the site said when it sent the buyer to the till, and what that is worth.
  order() {
    const currency = this.one(['usd', 'usd', 'jpy', 'kwd', 'eur']);
    const amount = 1 + this.upto(20000);
    const ways = [
      () => { const n = 1 + this.upto(500); return [n, { metadata: { credits: String(n) } }]; },
      () => { const price = this.one(['price_bronze', 'price_gold', 'price_none']); return [CREDITS[price], { metadata: { price_id: price } }]; },
      () => [CREDITS.plink_pack, { payment_link: 'plink_pack' }],
    ];
    if (RATE[currency]) ways.push(() => [RATE[currency](amount), {}]);
    const [credits, said] = this.one(ways)();
    return { currency, amount, credits, said };
  }

  checkout() {
    const { currency, amount: asked, credits, said } = this.order();
    const how = this.one(['paid', 'paid', 'paid', 'free', 'async', 'async failed', 'expired', 'invoice']);
    const free = how === 'free', amount = free ? 0 : asked;
    const worth = free && !said.metadata && !said.payment_link ? 0 : credits;
    const session = this.name('cs_test'), intent = free ? null : this.name('pi');
    const guest = how !== 'invoice' && this.chance(0.2);
    const invoice = how === 'invoice' ? this.name('in') : null;
    // A buyer who was here before may be known by the customer alone.
    const named = guest || how === 'invoice' ? this.one(['metadata', 'reference', 'both']) : this.one(['metadata', 'reference', 'both', 'customer']);
    const pay = { names: [intent ?? session, ...(invoice ? [invoice] : [])], key: intent ?? session, charge: this.name('ch'), amount, currency };
    const object = (payment_status, status = 'complete') => ({
      id: session, object: 'checkout.session', amount_total: amount, currency, customer: guest ? null : this.customer, invoice,
      client_reference_id: named === 'reference' || named === 'both' ? this.user : null, customer_details: { email: 'buyer@example.com' }, mode: 'payment',
      payment_intent: intent, payment_status, status, subscription: null, ...said,
      metadata: { ...((named === 'metadata' || named === 'both') && { user_id: this.user }), ...said.metadata },
    });
    const note = (state, fulfilled = false) => ({ k: 'checkout', session, status: state, at: this.t, fulfilled });
    const fulfilment = (state) => ({
      needs: [named === 'customer' ? `cus:${this.customer}` : `user:${this.user}`], gives: [...(guest ? [] : [`cus:${this.customer}`]), `owner:${pay.key}`, `name:${pay.key}`], pays: this.user,
      facts: [note(state, true), { k: 'bought', pay, owner: `user:${this.user}`, credits: worth },
        { k: 'amount', pay, amount }],
    });
    if (how.startsWith('async')) {
      this.stripe('checkout.session.completed', object('unpaid'), { facts: [note('unpaid')] });
      this.pass(0, 1, DAY, 3 * DAY);
      if (how === 'async failed')
        return this.stripe('checkout.session.async_payment_failed', object('unpaid'), { facts: [note('unpaid')] });
      this.stripe('checkout.session.async_payment_succeeded', object('paid'), fulfilment('paid'));
    } else if (how === 'expired')
      return this.stripe('checkout.session.expired', object('unpaid', 'expired'), { facts: [note('unpaid')] });
    else {
      const state = free ? 'no_payment_required' : 'paid';
      this.stripe('checkout.session.completed', object(state), fulfilment(state));
    }
    if (invoice) this.sessionInvoice(pay, invoice);
    if (intent && this.chance(0.3)) this.stripe('payment_intent.succeeded', { id: intent, object: 'payment_intent', amount_received: amount, currency });
    if (intent) this.takeBack(pay);
  }

  // The session had Stripe write an invoice of what was bought: one purchase, told of twice.
  sessionInvoice(pay, ref) {
    const price = this.one(['price_bronze', 'price_silver']);
    this.tellInvoice({
      ref, pay, sub: null, paid: true, needs: [`cus:${this.customer}`], reason: 'manual', amount: pay.amount, currency: pay.currency,
      lines: [{ price, amount: pay.amount, quantity: 1, start: this.t, end: this.t }],
      facts: [{ k: 'bought', pay, owner: `user:${this.user}`, credits: CREDITS[price] }],
    });
  }

  // ---- refunds and disputes --------------------------------------------------------

  takeBack(pay) {
    if (this.chance(0.4)) this.refunds(pay);
    if (this.chance(0.2)) this.dispute(pay);
    if (this.chance(0.04)) this.dispute(pay);
  }

  of(pay) { return { needs: [`owner:${pay.key}`, `name:${pay.key}`] }; }

  refunds(pay) {
    const { charge, key, amount, currency } = pay;
    let back = 0;
    for (let n = 1 + this.upto(3); n > 0 && back < amount; n--) {
      this.pass(0, 1, 60, DAY);
      const part = this.chance(0.3) ? amount - back : 1 + this.upto(amount - back);
      const refund = { id: this.name('re'), object: 'refund', amount: part, charge, payment_intent: key, currency, status: 'pending' };
      back += part;
      this.stripe('refund.created', refund);
      this.stripe('charge.refunded', {
        id: charge, object: 'charge', amount, amount_refunded: back, refunded: back === amount, payment_intent: key, currency,
        ...(!this.modern && { invoice: null }),
      }, { ...this.of(pay), facts: [{ k: 'refunded', pay, back, at: this.t }, { k: 'amount', pay, amount }] });
      if (this.chance(0.2)) {
        this.t += this.one([1, 60, 3 * DAY]);
        const failed = { ...refund, status: this.one(['failed', 'failed', 'canceled']), failure_reason: 'lost_or_stolen_card' };
        const word = () => ({ ...this.of(pay), facts: [{ k: 'refundFailed', pay, refund: refund.id, amount: part, at: this.t }] });
        back -= part;
        for (const type of ['refund.updated', 'refund.failed', 'charge.refund.updated'].filter((_, i) => i === 0 || this.chance(0.5)))
          this.stripe(type, failed, word());
        this.t += 1;
        // Somebody adds a note to it long after, when more may have been refunded.
        if (this.chance(0.4)) this.later = () => { this.t += DAY; this.stripe('refund.updated', { ...failed, metadata: { note: 'x' } }, word()); };
      } else if (this.chance(0.5)) this.stripe('refund.updated', { ...refund, status: 'succeeded' });
    }
    this.later?.();
    this.later = undefined;
  }

  dispute(pay) {
    const id = this.name('du'), part = this.chance(0.6) ? pay.amount : 1 + this.upto(pay.amount);
    const tell = (what, status) => this.stripe(`charge.dispute.${what}`, {
      id, object: 'dispute', amount: part, charge: pay.charge, currency: pay.currency, payment_intent: pay.key, reason: 'fraudulent', status,
    }, { ...this.of(pay), facts: [{ k: 'dispute', pay, id, amount: part, status, at: this.t }] });
    this.pass(1, 60, DAY);
    if (this.chance(0.2)) {
      tell('created', 'warning_needs_response');
      this.pass(0, 1, DAY);
      tell('closed', 'warning_closed');
      return;
    }
    tell('created', 'needs_response');
    if (this.chance(0.7)) tell('funds_withdrawn', 'needs_response');
    this.pass(0, 1, DAY);
    if (this.chance(0.7)) tell('updated', 'under_review');
    this.pass(0, 1, DAY);
    const end = this.one(['won', 'lost', 'open']);
    if (end === 'open') return;
    tell('closed', end);
    if (end === 'lost' && this.chance(0.3)) {
      this.pass(1, DAY);
      tell('updated', 'appeal_under_review');
      this.pass(1, DAY);
      if (this.chance(0.6)) tell('closed', this.one(['won', 'lost']));
    }
    if (end === 'won' && this.chance(0.7)) tell('funds_reinstated', 'won');
  }

  // ---- Stripe subscriptions ----------------------------------------------------------

  subscription() {
    const said = this.one(['session', 'session', 'metadata']);
    const each = this.chance(0.1) ? 1 + this.upto(200) : 0;	// metadata.credits of the subscription
    const s = this.sub = {
      id: this.name('sub'), said, each, items: [], status: 'incomplete', trialEnd: null, cancel: false, canceledAt: null, endedAt: null,
      customer: this.chance(0.7) ? this.customer : this.name('cus'), start: this.t, end: this.t + MONTH,
    };
    for (let n = each === 0 && this.chance(0.2) ? 2 : 1; n > 0; n--)
      s.items.push({ id: this.name('si'), price: this.one(['price_bronze', 'price_silver', 'price_gold', ...(each ? [] : ['price_odd'])]), quantity: this.chance(0.2) ? 3 : 1 });
    if (this.chance(0.2)) {
      s.status = 'trialing';
      s.end = s.start + 14 * DAY;
    }
    this.tellSub('created');
    this.pass(0, 0, 1);
    if (said === 'session') this.subSession();
    this.billPeriod('subscription_create');
    if (s.status === 'incomplete') {
      s.status = 'active';
      this.tellSub('updated');
    }
    for (let n = this.upto(4); n > 0; n--) {
      if (s.status === 'active') this.inPeriod();
      if (s.cancel) break;
      this.renew();
      if (s.status !== 'active') break;
    }
    if (s.cancel || this.chance(s.status === 'past_due' ? 0.5 : 0.2)) this.endSub();
  }

  metadata(s = this.sub) {
    return { ...(s.said === 'metadata' && { user_id: this.user }), ...(s.each && { credits: String(s.each) }) };
  }

  tellSub(what, previous) {
    const s = this.sub;
    const period = { current_period_start: s.start, current_period_end: s.end };
    this.stripe(`customer.subscription.${what}`, {
      id: s.id, object: 'subscription', customer: s.customer, status: s.status, cancel_at_period_end: s.cancel, cancel_at: s.cancel ? s.end : null,
      canceled_at: s.canceledAt, ended_at: s.endedAt, created: s.start, metadata: this.metadata(), ...(!this.modern && period),
      items: {
        object: 'list', has_more: false, data: s.items.map((i) => ({
          id: i.id, object: 'subscription_item', quantity: i.quantity, price: { id: i.price, object: 'price', nickname: null }, ...(this.modern && period),
        })),
      },
    }, {
      previous, needs: s.said === 'metadata' ? [`user:${this.user}`] : [],
      gives: [`told:${s.id}`, ...(s.said === 'metadata' ? [`cus:${s.customer}`] : [])],
      facts: [{
        k: 'sub', id: s.id, provider: 'stripe', status: s.status, at: this.t, final: what === 'deleted', cancel_at: s.cancel ? s.end : 0,
        canceled_at: s.canceledAt ?? 0, ended_at: s.endedAt ?? 0, customer: s.customer,
      }, ...s.items.map((i) => ({
        k: 'item', id: i.id, sub: s.id, price: i.price, quantity: i.quantity, start: s.start, end: s.end, at: this.t,
        status: s.status === 'canceled' ? 'ended' : ['trialing', 'incomplete'].includes(s.status) ? s.status : 'active',
      }))],
    });
  }

  subSession() {
    const s = this.sub, session = this.name('cs_test');
    this.stripe('checkout.session.completed', {
      id: session, object: 'checkout.session', amount_total: 1, currency: 'usd', customer: s.customer, client_reference_id: this.user,
      mode: 'subscription', payment_intent: null, payment_status: 'paid', status: 'complete', subscription: s.id, metadata: {},
    }, {
      needs: [`user:${this.user}`], gives: [`cus:${s.customer}`], pays: this.user,
      facts: [{ k: 'checkout', session, status: 'paid', at: this.t, fulfilled: false }, { k: 'owner', sub: s.id, owner: `user:${this.user}` }],
    });
  }

  // One invoice for the period that begins: paid at once, late, or never.
  billPeriod(reason, extra = []) {
    const s = this.sub, trial = s.status === 'trialing', ref = this.name('in');
    const once = trial || !this.chance(0.15) ? [] : [{ price: 'price_bronze', quantity: 1, amount: COST.price_bronze, start: this.t, end: this.t }];
    const lines = [...extra, ...once, ...s.items.map((i) => ({
      item: i.id, price: i.price, quantity: i.quantity, amount: trial ? 0 : COST[i.price] * i.quantity, start: s.start, end: s.end, period: s.start,
    }))];
    const amount = Math.max(0, lines.reduce((sum, l) => sum + l.amount, 0));
    const bill = { ref, sub: s, reason, lines, amount, elsewhere: amount > 0 && this.chance(0.05) };
    if (reason === 'subscription_cycle' && this.chance(0.3)) {
      // Where only invoices are subscribed to, they alone tell of it.
      const silent = this.chance(0.3);
      this.failBill(bill);
      s.status = 'past_due';
      if (!silent) this.tellSub('updated');
      this.pass(1, DAY, 3 * DAY);
      if (this.chance(0.3)) {
        this.failBill(bill);
        this.pass(1, DAY);
      }
      if (this.chance(0.3)) {
        if (this.chance(0.5)) this.closeBill(bill);
        return;
      }
      this.payBill(bill);
      s.status = 'active';
      if (!silent && this.chance(0.8)) this.tellSub('updated');
      return;
    }
    this.payBill(bill);
  }

  bill({ ref, sub, reason, lines, amount, currency = 'usd', pay, elsewhere }, paid, at = this.t) {
    const intent = pay && amount > 0 && !elsewhere;
    const of = (l) => (this.modern
      ? { pricing: { price_details: { price: l.price }, unit_amount_decimal: String(COST[l.price]) },
          parent: l.item ? { type: 'subscription_item_details', subscription_item_details: { subscription: sub.id, subscription_item: l.item, proration: !!l.proration } }
            : { type: 'invoice_item_details', invoice_item_details: { proration: false } } }
      : { price: { id: l.price, unit_amount: COST[l.price] }, proration: !!l.proration, type: l.item ? 'subscription' : 'invoiceitem',
          ...(l.item && { subscription_item: l.item, subscription: sub.id, metadata: this.metadata(sub) }) });
    return {
      id: ref, object: 'invoice', customer: sub ? sub.customer : this.customer, billing_reason: reason, currency, amount_due: amount, amount_paid: paid && !elsewhere ? amount : 0,
      status: paid ? 'paid' : 'open', metadata: {}, status_transitions: { paid_at: paid ? at : null }, subtotal: amount,
      lines: { object: 'list', has_more: false, data: lines.map((l, i) => ({
        id: `il_${i}`, object: 'line_item', amount: l.amount, quantity: l.quantity, period: { start: l.start, end: l.end }, ...of(l) })) },
      ...(this.modern
        ? { parent: sub ? { type: 'subscription_details', subscription_details: { subscription: sub.id, metadata: this.metadata(sub) } } : null }
        : { subscription: sub?.id ?? null, payment_intent: intent ? pay.key : null, charge: intent ? pay.charge : null, paid,
            ...(this.version >= '2022' && sub && { subscription_details: { metadata: this.metadata(sub) } }) }),
    };
  }

  failBill(b) {
    this.stripe('invoice.payment_failed', this.bill(b, false), {
      facts: [{ k: 'failed', sub: b.sub.id, at: this.t }, { k: 'invoice', id: b.ref, status: 'open', at: this.t }],
    });
  }

  closeBill(b) {
    const [type, status] = this.one([['invoice.voided', 'void'], ['invoice.marked_uncollectible', 'uncollectible']]);
    this.stripe(type, { ...this.bill(b, false), status }, { facts: [{ k: 'invoice', id: b.ref, status, at: this.t }] });
  }

  payBill(b) {
    const s = b.sub;
    b.pay = { names: [b.ref], key: this.name('pi'), charge: this.name('ch'), amount: b.amount, currency: 'usd' };
    b.pay.names.push(b.pay.key);
    this.tellInvoice({ ...b, paid: true, needs: [s.said === 'metadata' ? `user:${this.user}` : `cus:${s.customer}`], facts: this.worthOf(b) });
    if (b.amount > 0 && !b.elsewhere) this.takeBack(b.pay);
  }

  // What an invoice of a subscription is worth: each item's period by its plan, the
  // rest by the money.
  worthOf({ sub: s, lines, pay, amount }) {
    const owner = `user:${this.user}`, facts = [], at = this.t, periods = new Map();
    let rest = 0, besides = 0, planned = false;
    for (const l of lines) {
      const trial = l.amount === 0;
      if (!l.item) {	// bought besides
        planned = true;
        besides += CREDITS[l.price];
        continue;
      }
      if (s.each) planned = true;
      if (trial || (s.each && (l.proration || l.amount < 0))) continue;
      const credits = s.each ? s.each : CREDITS[l.price];
      if (credits === undefined) { rest += l.amount; continue; }
      planned = true;
      if (l.amount < 0) continue;
      // A change of plan and the period itself are rivals, steps of one line would add up.
      const worth = s.each ? s.each : credits * l.quantity;
      periods.set(`${l.item} ${l.period} ${l.proration ? l.start : ''}`, { k: 'period', provider: 'stripe', item: l.item, start: l.period, credits: worth, pay, at, owner });
    }
    facts.push(...periods.values());
    const money = planned ? Math.min(rest, amount) : amount;
    facts.push({ k: 'bought', pay, owner, credits: besides + (rest > 0 ? RATE.usd(money) : 0) });
    return facts;
  }

  tellInvoice(b) {
    const { ref, pay, sub, amount } = b, at = this.t;
    const named = !this.modern && amount > 0 && !b.elsewhere;
    const word = (needs, gives) => ({
      at, needs, pays: this.user, gives: [`owner:${pay.key}`, ...gives, ...(named ? [`name:${pay.key}`] : []),
        `cus:${sub ? sub.customer : this.customer}`],
      facts: [...b.facts, { k: 'amount', pay, amount }, { k: 'invoice', id: ref, status: 'paid', at, paid: true },
        ...(sub ? [{ k: 'paid', sub: sub.id, at }] : [])],
    });
    const needs = [...b.needs, ...b.lines.filter((l) => l.proration && l.amount >= 0 && !sub.each && CREDITS[l.price] !== undefined)
      .map(() => `told:${sub.id}`)];
    const types = b.elsewhere ? ['invoice.paid'] : this.one([['invoice.paid', 'invoice.payment_succeeded'], ['invoice.paid', 'invoice.payment_succeeded'], ['invoice.paid'], ['invoice.payment_succeeded']]);
    for (const type of types) this.stripe(type, this.bill(b, true, at), word(needs, []));
    if (this.modern && amount > 0 && !b.elsewhere)
      this.stripe('invoice_payment.paid', {
        id: this.name('inpay'), object: 'invoice_payment', invoice: ref, amount_paid: amount, payment: { type: 'payment_intent', payment_intent: pay.key }, status: 'paid',
      }, { at, gives: [`name:${pay.key}`], facts: [] });
  }

  inPeriod() {
    const s = this.sub;
    if (this.chance(0.45)) this.changePlan();
    else if (this.chance(0.15) && s.items.length === 1 && !s.each) this.startAnew();
    if (this.chance(0.1)) {
      this.pass(1, DAY);
      s.status = 'paused';
      this.tellSub('paused');
      this.pass(1, DAY);
      s.status = 'active';
      this.tellSub('resumed');
    }
    if (this.chance(0.2)) {
      this.pass(0, 1, DAY);
      s.cancel = true;
      s.canceledAt = this.t;
      this.tellSub('updated');
      if (this.chance(0.4)) {
        this.pass(0, 1, DAY);
        s.cancel = false;
        s.canceledAt = null;
        this.tellSub('updated');
      }
    }
  }

  // Another plan or quantity inside the period: billed now, with the next invoice, or not at all.
  changePlan() {
    const s = this.sub, i = this.one(s.items), was = { ...i };
    this.t = Math.min(this.t + this.one([1, 60, DAY, 9 * DAY]), s.end - DAY);
    if (this.chance(0.3)) i.quantity = was.quantity === 1 ? 3 : 1;
    else i.price = this.one(['price_bronze', 'price_silver', 'price_gold'].filter((p) => p !== was.price));
    const left = (s.end - this.t) / (s.end - s.start);
    const part = (x) => Math.max(1, Math.floor(COST[x.price] * x.quantity * left));
    const line = (x, sign) => ({ item: i.id, price: x.price, quantity: x.quantity, amount: sign * part(x), start: this.t, end: s.end, period: s.start, proration: true });
    const lines = [line(was, -1), line(i, 1)];
    this.tellSub('updated', { items: { data: [{ id: i.id, price: { id: was.price } }] } });
    const how = this.one(['now', 'now', 'next', 'none']);
    if (how === 'next') s.pending = [...(s.pending ?? []), ...lines];
    if (how !== 'now') return;
    this.pass(0, 0, 1);
    this.payBill({ ref: this.name('in'), sub: s, reason: 'subscription_update', lines, amount: Math.max(0, lines[0].amount + lines[1].amount) });
  }

  // Another interval: what is left of the old period comes off, and a new one begins now.
  startAnew() {
    const s = this.sub, [i] = s.items, was = { ...i }, old = s.start;
    this.t = Math.min(this.t + this.one([60, DAY, 9 * DAY]), s.end - DAY);
    const left = Math.max(1, Math.floor(COST[was.price] * was.quantity * (s.end - this.t) / (s.end - s.start)));
    const back = { item: i.id, price: was.price, quantity: was.quantity, amount: -left, start: this.t, end: s.end, period: old, proration: true };
    i.price = 'price_gold';
    i.quantity = 3;
    [s.start, s.end] = [this.t, this.t + MONTH];
    this.tellSub('updated');
    const line = { item: i.id, price: i.price, quantity: i.quantity, amount: COST[i.price] * i.quantity, start: s.start, end: s.end, period: s.start };
    this.payBill({ ref: this.name('in'), sub: s, reason: 'subscription_update', lines: [back, line], amount: Math.max(0, line.amount - left) });
  }

  renew() {
    const s = this.sub, extra = s.pending ?? [];
    s.pending = undefined;
    this.t = Math.max(this.t, s.end);
    s.start = s.end;
    s.end = s.start + this.one([28, 30, 31]) * DAY;
    s.status = 'active';
    this.tellSub('updated', { current_period_end: s.start });
    this.pass(0, 1, 3600);
    this.billPeriod('subscription_cycle', extra);
  }

  endSub() {
    const s = this.sub;
    this.t = s.cancel ? Math.max(this.t, s.end) : this.t;
    this.pass(0, 1, DAY);
    if (this.chance(0.3)) this.tellSub('updated');
    s.status = 'canceled';
    s.canceledAt ??= this.t;
    s.endedAt = this.t;
    this.tellSub('deleted');
  }

  // ---- Clerk Billing ------------------------------------------------------------------

  billing(kind) {
    const org = kind === 'organization' ? this.name('org') : '';
    const c = {
      id: this.name('csub'), status: 'active', owner: org ? `organization:${org}` : `user:${this.user}`, needs: org ? [] : [`user:${this.user}`],
      payer: { object: 'commerce_payer', user_id: org ? '' : this.user, organization_id: org, email: '' }, items: [], canceledAt: null,
    };
    const item = (plan, start, end) => ({ id: this.name('csub_item'), plan, start, end, status: 'active', at: this.ms() });
    c.items.push(item('cplan_free', this.t, null));
    this.tellBilling(c, 'created');
    this.pass(1, DAY);
    const plans = ['cplan_basic', 'cplan_pro', ...(this.chance(0.2) ? ['cplan_late'] : [])];
    const other = (plan) => this.one(plans.filter((p) => p !== plan));
    let i = item(this.one(plans), this.t, this.t + MONTH);
    c.items.push(i);
    if (this.chance(0.15)) {	// a trial first: active, and worth nothing
      [i.trial, i.end] = [true, this.t + 7 * DAY];
      this.tellItem(c, i, 'active');
      this.tellBilling(c, 'updated');
      this.t = i.end;
      if (this.chance(0.5)) this.tellItem(c, i, 'freeTrialEnding');
      [i.trial, i.start, i.end] = [false, i.end, i.end + MONTH];
    }
    i.status = 'incomplete';
    if (this.chance(0.4)) this.tellItem(c, i, 'incomplete');
    i.status = 'active';
    this.settleItem(c, i, 'active', 'checkout');
    for (let n = this.upto(4); n > 0; n--) {
      this.pass(1, DAY);
      const what = this.one(['renew', 'renew', 'change', 'replace', 'past due', 'cancel']);
      if (what === 'change') {
        i.plan = other(i.plan);
        this.settleItem(c, i, 'updated', 'checkout');
      } else if (what === 'replace') {
        i.status = 'ended';
        const next = item(other(i.plan), this.t, this.t + MONTH);
        this.tellItem(c, i, 'ended');
        c.items = [c.items[0], next];
        i = next;
        this.settleItem(c, i, 'active', 'checkout');
      } else {
        if (what === 'cancel') {
          i.status = 'canceled';
          this.tellItem(c, i, 'canceled');
          this.tellBilling(c, 'updated');
        }
        this.t = Math.max(this.t, i.end);
        if (what === 'cancel') {
          i.status = 'ended';
          this.tellItem(c, i, 'ended');
          c.items = [c.items[0]];
          return this.tellBilling(c, 'updated');
        }
        [i.start, i.end] = [i.end, i.end + MONTH];
        if (what === 'past due') {
          i.status = c.status = 'past_due';
          this.attempt(c, i, 'recurring', 'failed');
          this.tellItem(c, i, 'pastDue');
          this.tellBilling(c, 'pastDue');
          if (this.chance(0.3)) return;
          this.pass(1, DAY);
          i.status = c.status = 'active';
          this.settleItem(c, i, 'active', 'recurring');
          this.tellBilling(c, 'active');
        } else this.settleItem(c, i, 'updated', 'recurring');
      }
    }
  }

  // A period is paid: the item says so, the attempt says so, the subscription says so.
  settleItem(c, i, type, charge) {
    const told = [() => this.tellItem(c, i, type), () => this.attempt(c, i, charge, 'paid'), () => this.tellBilling(c, 'updated')];
    const skip = this.chance(0.2) ? this.upto(3) : -1;	// not everything is subscribed to
    told.forEach((tell, n) => n !== skip && tell());
  }

  itemJson(c, i, inside) {
    return {
      id: i.id, object: 'commerce_subscription_item', status: i.status, interval: 'month', is_free_trial: Boolean(i.trial),
      plan: { id: i.plan, name: i.plan, slug: i.plan, amount: COST[i.plan] ?? 0, currency: 'USD', is_recurring: true }, plan_id: i.plan,
      period_start: i.start * 1000, period_end: i.end && i.end * 1000, subscription_id: inside ? null : c.id, created_at: this.born,
      updated_at: i.at,
    };
  }

  itemFacts(c, i) {
    const word = { k: 'item', id: i.id, sub: c.id, price: i.plan, quantity: 1, start: i.start, end: i.end ?? 0, at: i.at, status: i.status };
    return i.status === 'active' && !i.trial && CREDITS[i.plan] !== undefined
      ? [word, { k: 'period', provider: 'clerk', item: i.id, start: i.start, credits: CREDITS[i.plan], owner: c.owner }] : [word];
  }

  tellItem(c, i, type) {
    i.at = this.ms();
    this.clerk(`subscriptionItem.${type}`, { ...this.itemJson(c, i), payer: c.payer },
      { needs: c.needs, gives: [], pays: i.status === 'active' ? this.user : undefined, facts: [...this.itemFacts(c, i), { k: 'owner', sub: c.id, owner: c.owner }] });
  }

  tellBilling(c, type) {
    const at = this.ms();
    this.clerk(`subscription.${type}`, {
      id: c.id, object: 'commerce_subscription', status: c.status, payer: c.payer, items: c.items.map((i) => this.itemJson(c, i, true)),
      canceled_at: null, ended_at: null, created_at: this.born, updated_at: at,
    }, {
      needs: c.needs, pays: this.user, facts: [
        { k: 'sub', id: c.id, provider: 'clerk', status: c.status, at, final: false, cancel_at: 0, canceled_at: 0, ended_at: 0 },
        { k: 'owner', sub: c.id, owner: c.owner }, ...c.items.flatMap((i) => this.itemFacts(c, i))],
    });
  }

  attempt(c, i, charge, end) {
    const ref = this.name('pa'), amount = COST[i.plan];
    const pay = { names: [this.name('pi'), ref], charge: this.name('ch'), amount, currency: 'usd' };
    pay.key = pay.names[0];
    const tell = (type, status) => {
      const at = this.ms(), paid = status === 'paid';
      this.clerk(`paymentAttempt.${type}`, {
        id: ref, object: 'commerce_payment_attempt', status, charge_type: charge, payer: c.payer, gateway_external_id: pay.key,
        totals: { grand_total: { amount, currency: 'USD', amount_formatted: '' } }, paid_at: paid ? at : null, updated_at: at, created_at: at,
        subscription_items: [this.itemJson(c, i)],
      }, {
        needs: c.needs, pays: paid ? this.user : undefined, gives: paid ? [`owner:${pay.key}`, `name:${pay.key}`] : [],
        facts: [{ k: 'invoice', provider: 'clerk', id: ref, status: paid ? 'paid' : status === 'pending' ? 'open' : status, at, paid },
          ...(paid ? [{ k: 'amount', pay, amount }, { k: 'bought', pay, owner: c.owner, credits: 0 },
            { k: 'period', provider: 'clerk', item: i.id, start: i.start, credits: CREDITS[i.plan], pay, at: at / 1000, owner: c.owner }] : [])],
      });
    };
    tell('created', 'pending');
    tell('updated', end);
    if (end === 'paid') this.takeBack(pay);
  }

  // The flat shape: a subscription is its own only item, times are in seconds.
  flatBilling() {
    const id = this.name('sub'), owner = `user:${this.user}`;
    const s = { plan: this.one(['cplan_basic', 'cplan_pro']), status: 'active', start: this.t, end: this.t + MONTH };
    const tell = (type) => {
      this.t += 1;
      const active = s.status === 'active';
      this.clerk(`subscription.${type}`, {
        id, payer_id: this.user, user_id: this.user, status: s.status, plan: { id: s.plan, name: s.plan }, period_start: s.start, period_end: s.end,
        updated_at: this.t,
      }, {
        needs: [`user:${this.user}`], gives: [`sub:${id}`], pays: active ? this.user : undefined, facts: [
          { k: 'sub', id, provider: 'clerk', status: s.status, at: this.t * 1000, final: false, cancel_at: s.status === 'canceled' ? s.end * 1000 : 0, canceled_at: 0, ended_at: 0 },
          { k: 'owner', sub: id, owner },
          { k: 'item', id, sub: id, price: s.plan, quantity: 1, start: s.start, end: s.end, at: this.t * 1000, status: s.status },
          ...(active ? [{ k: 'period', provider: 'clerk', item: id, start: s.start, credits: CREDITS[s.plan], owner }] : [])],
      });
    };
    tell('created');
    tell('active');
    for (let n = this.upto(4); n > 0; n--) {
      this.pass(1, DAY);
      const what = this.one(['renew', 'renew', 'change', 'past due', 'cancel']);
      if (what === 'change') s.plan = s.plan === 'cplan_basic' ? 'cplan_pro' : 'cplan_basic';
      if (what === 'cancel') {
        s.status = 'canceled';
        tell('canceled');
        return;
      }
      if (what !== 'change') {
        this.t = Math.max(this.t, s.end);
        [s.start, s.end] = [s.end, s.end + MONTH];
      }
      if (what === 'past due') {
        s.status = 'past_due';
        tell(this.one(['pastDue', 'past_due']));
        s.status = 'active';
        this.pass(1, DAY);
      }
      if (this.chance(0.5)) this.flatAttempt(id, s, owner);
      tell(what === 'past due' ? 'active' : 'updated');
    }
  }

  // It names nobody: whose it is, the subscription says.
  flatAttempt(id, s, owner) {
    const ref = this.name('pa'), amount = COST[s.plan], pay = { names: [this.name('pi'), ref], charge: this.name('ch'), amount, currency: 'usd' };
    pay.key = pay.names[0];
    const at = this.ms();
    this.clerk('paymentAttempt.updated', {
      id: ref, status: 'succeeded', subscription_id: id, plan: { id: s.plan, name: s.plan }, amount, currency: 'USD', gateway_external_id: pay.key,
      period_start: s.start, period_end: s.end, paid_at: at, updated_at: at,
    }, {
      needs: [`sub:${id}`], pays: this.user, gives: [`owner:${pay.key}`, `name:${pay.key}`],
      facts: [{ k: 'invoice', provider: 'clerk', id: ref, status: 'paid', at, paid: true }, { k: 'amount', pay, amount }, { k: 'bought', pay, owner, credits: 0 },
        { k: 'period', provider: 'clerk', item: id, start: s.start, credits: CREDITS[s.plan], pay, at: at / 1000, owner }],
    });
    this.takeBack(pay);
  }

  // ---- mails -----------------------------------------------------------------------------

  mail() {
    const email = this.name('mail').replace('_', '-'), to = this.chance(0.3) ? `Ann <Mail.${this.tag}@Example.com>` : `mail.${this.tag}@example.com`;
    const sent = new Date(this.t * 1000).toISOString();
    const ends = this.one([['delivered'], ['delivered', 'opened', 'clicked', 'opened'], ['delivery_delayed', 'delivered', 'opened'], ['bounced'], ['bounced'],
      ['delivered', 'opened', 'complained'], ['delivered', 'complained', 'opened'], ['failed'], ['suppressed'], ['delivery_delayed', 'bounced']]);
    for (const kind of ['sent', ...ends]) {
      const at = this.t * 1e6 + this.upto(3) * 1000;
      const bounce = kind === 'bounced' ? { bounce: { type: this.one(['Permanent', 'Transient', 'Undetermined']), subType: 'General', message: 'no' } } : {};
      const reason = kind === 'complained' ? 'complaint' : bounce.bounce?.type === 'Permanent' ? 'bounce' : undefined;
      const stamp = new Date(at / 1000).toISOString();
      this.emit('resend', `email.${kind}`, this.name('msg'), JSON.stringify({
        created_at: this.chance(0.5) ? stamp : `${stamp.slice(0, -1)}000+00:00`,
        data: { created_at: sent, email_id: email, from: 'Shop <shop@example.com>', subject: 'Hello', to: [to], ...bounce,
          ...(kind === 'clicked' && { click: { link: 'https://example.com/' } }) },
        type: `email.${kind}`,
      }), { facts: [{ k: 'mail', email, kind, at }, ...(reason ? [{ k: 'suppress', address: `mail.${this.tag}@example.com`, reason }] : [])] });
      this.pass(0, 0, 1, 60);
    }
  }
}
