// The books that must come of the events of histories (model.mjs): what follows
// from the set of facts that they tell, whatever the order.
import { BONUS } from './model.mjs';

const SUB_LIFE = ['incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled', 'incomplete_expired', 'ended', 'abandoned'];
const ITEM_LIFE = ['incomplete', 'upcoming', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled', 'incomplete_expired', 'ended', 'abandoned'];
const DISPUTE_LIFE = ['warning_needs_response', 'warning_under_review', 'warning_closed', 'prevented', 'needs_response', 'under_review', 'lost',
  'appeal_needs_response', 'appeal_under_review', 'won'];
const MAIL_LIFE = ['received', 'scheduled', 'sent', 'delivery_delayed', 'delivered', 'opened', 'clicked', 'failed', 'suppressed', 'bounced', 'complained'];
const HOLDS = ['needs_response', 'under_review', 'lost', 'appeal_needs_response', 'appeal_under_review'];

const compare = (a, b) => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
};
// All that no other beats, by these measures.
const newest = (list, measure) => list.filter((a) => !list.some((b) => compare(measure(a), measure(b)) < 0));
const groups = (list, key) => {
  const made = new Map();
  for (const x of list) made.set(key(x), [...(made.get(key(x)) ?? []), x]);
  return made;
};

// Which events find what they need; the others wait.
export function reached(events) {
  const there = new Set(), done = new Set();
  for (let more = true; more;) {
    more = false;
    for (const e of events) {
      if (done.has(e) || !e.needs.every((n) => n.split('|').some((one) => there.has(one)))) continue;
      done.add(e);
      e.gives.forEach((g) => there.add(g));
      more = true;
    }
  }
  return { done, there };
}

// The books after these events.  lost: ids of events that failed because the user
// had gone before; unborn: the tombstone came before the user.
export function books(events, { lost = new Set(), unborn = new Set() } = {}) {
  const { done } = reached(events.filter((e) => !lost.has(e.id)));
  const facts = [...done].flatMap((e) => e.facts), of = (k) => facts.filter((f) => f.k === k);
  const out = { users: {}, owners: {}, payments: {}, subs: {}, items: {}, mails: {}, suppressed: {}, checkouts: {}, invoices: {} };
  const owner = (name) => out.owners[name] ??= { signup_bonus: 0, purchase: 0, subscription: 0, back: 0 };

  const gone = new Set(of('gone').map((f) => f.user));
  for (const [user, words] of groups(of('user'), (f) => f.user)) {
    if (unborn.has(user)) continue;
    owner(`user:${user}`).signup_bonus = BONUS;
    out.users[user] = { ...newest(words, (w) => [w.at])[0].row, gone: gone.has(user) };
  }
  for (const user of gone) out.users[user] ??= { gone: true };

  // Payments: what each granted, how much of it goes back.
  const pays = new Map();
  const pay = (p) => pays.get(p.key) ?? pays.set(p.key, { names: p.names, granted: 0, amount: -1, refunds: [], failed: [], owner: undefined }).get(p.key);
  for (const [, list] of groups(of('bought'), (f) => f.pay.key)) {
    const credits = Math.max(...list.map((f) => f.credits)), p = pay(list[0].pay);
    p.granted += credits;
    p.owner = list[0].owner;
    owner(p.owner).purchase += credits;
  }
  for (const [, list] of groups(of('period'), (f) => `${f.provider} ${f.item} ${f.start}`)) {
    owner(list[0].owner).subscription += Math.max(...list.map((f) => f.credits));
    let before = 0;
    const shares = [...groups(list.filter((f) => f.pay), (f) => f.pay.key).values()].map((same) => ({
      pay: same[0].pay, at: Math.min(...same.map((f) => f.at)), credits: Math.max(...same.map((f) => f.credits)),
    }));
    for (const share of shares.sort((a, b) => a.at - b.at || a.credits - b.credits)) {
      pay(share.pay).granted += Math.max(0, share.credits - before);
      pay(share.pay).owner = list[0].owner;
      before = Math.max(before, share.credits);
    }
  }
  for (const f of of('amount')) pay(f.pay).amount = Math.max(pay(f.pay).amount, f.amount);
  for (const [, list] of groups([...of('refunded'), ...of('refundFailed')], (f) => f.pay.key)) {
    const word = newest(list.filter((f) => f.k === 'refunded'), (w) => [w.at, w.back])[0];
    const failed = [...groups(list.filter((f) => f.k === 'refundFailed'), (f) => f.refund).values()]
      .map((same) => ({ amount: same[0].amount, at: Math.min(...same.map((f) => f.at)) }));
    pay(list[0].pay).back = word ? Math.max(0, word.back - failed.filter((f) => f.at >= word.at).reduce((n, f) => n + f.amount, 0)) : 0;
  }
  for (const [, list] of groups(of('dispute'), (f) => f.id)) {
    const word = newest(list, (w) => [w.at, DISPUTE_LIFE.indexOf(w.status)])[0], p = pay(word.pay);
    p.held = (p.held ?? 0) + (HOLDS.includes(word.status) ? word.amount : 0);
  }
  for (const [key, p] of pays) {
    const back = (p.back ?? 0) + (p.held ?? 0);
    const owed = back <= 0 ? 0 : p.amount <= 0 || back >= p.amount ? p.granted : Math.floor((p.granted * back) / p.amount);
    out.payments[key] = { names: p.names, granted: p.granted, owed };
    if (p.owner) owner(p.owner).back += owed;
  }
  for (const o of Object.values(out.owners)) o.balance = o.signup_bonus + o.purchase + o.subscription - o.back;

  // Subscriptions: the newest word of each; invoices speak until a newer one.
  const owners = Object.fromEntries(of('owner').map((f) => [f.sub, f.owner]));
  const max = (k, sub) => Math.max(0, ...of(k).filter((f) => f.sub === sub).map((f) => f.at));
  for (const [id, words] of groups(of('sub'), (f) => f.id)) {
    const word = newest(words, (w) => [w.final ? 1 : 0, w.at, SUB_LIFE.indexOf(w.status), w.ended_at, w.canceled_at, w.cancel_at])[0];
    const failed = max('failed', id), paid = max('paid', id);
    let { status } = word;
    if (['trialing', 'active'].includes(status) && failed > Math.max(paid, word.at)) status = 'past_due';
    else if (['past_due', 'unpaid'].includes(status) && paid > Math.max(failed, word.at)) status = 'active';
    out.subs[id] = { status, cancel_at: word.cancel_at, canceled_at: word.canceled_at, ended_at: word.ended_at, owner: owners[id] };
  }
  for (const [id, words] of groups(of('item'), (f) => f.id))
    out.items[id] = newest(words, (w) => [w.at, ITEM_LIFE.indexOf(w.status), w.start, w.end])
      .map(({ price, quantity, status, start, end }) => `${price} x${quantity} ${status} ${start}-${end}`);

  for (const [email, list] of groups(of('mail'), (f) => f.email)) {
    const refused = list.some((f) => f.kind === 'bounced' || f.kind === 'complained');
    const read = (f) => f.kind === 'opened' || f.kind === 'clicked';
    const at = newest(list.filter((f) => !refused || !read(f)), (f) => [f.at, MAIL_LIFE.indexOf(f.kind)])[0];
    out.mails[email] = {
      state: at.kind, opens: list.filter((f) => f.kind === 'opened').length, clicks: list.filter((f) => f.kind === 'clicked').length, events: list.length,
    };
  }
  for (const f of of('suppress')) out.suppressed[f.address] = [...new Set([...(out.suppressed[f.address] ?? []), f.reason])].sort();
  for (const [session, words] of groups(of('checkout'), (f) => f.session)) {
    const word = newest(words, (w) => [w.status === 'unpaid' ? 0 : 1, w.at])[0];
    out.checkouts[session] = { status: word.status, fulfilled: words.some((w) => w.fulfilled) };
  }
  for (const [id, words] of groups(of('invoice'), (f) => f.id))
    out.invoices[id] = newest(words, (w) => [w.paid ? 1 : 0, w.at]).map((w) => w.status);
  out.waiting = events.filter((e) => !done.has(e) && !lost.has(e.id)).map((e) => e.id);
  return out;
}
