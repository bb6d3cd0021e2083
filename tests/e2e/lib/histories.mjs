// Random histories (model.mjs) told to a real hookkeeper by many senders at once,
// in any order and with repeats, and its books compared with the model's.
import fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import { Home, sleep, slow, until } from './home.mjs';
import { lighttpd } from './servers.mjs';
import { sendUntilTaken } from './senders.mjs';
import { random } from './story.mjs';
import { BONUS, History, LATE_PLANS, PLANS } from './model.mjs';
import { books } from './reckon.mjs';

export const SENDERS = 8;
const ACTIVE = 12;	// histories that are told at the same time

const tagOf = (n) => `q${n.toString(36).padStart(6, '0')}z`;
const tagIn = (name) => /q[0-9a-z]{6}z/.exec(name)?.[0];

export function histories(seed, count) {
  const rnd = random(seed);
  return Array.from({ length: count }, (_, n) => new History(Math.floor(rnd() * 2 ** 32), tagOf(n)));
}

// ---- the place -----------------------------------------------------------------

// Living processes that a parent started.
function descendants(parent) {
  const found = [];
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      if (fields[0] !== 'Z' && Number(fields[1]) === parent) found.push(Number(pid));
    } catch { /* it ended while we looked */ }
  return found;
}

export class Place {
  // kills: worker and receivers are killed hard now and then.
  static async open({ kills = false, seed = 1 } = {}) {
    const place = new this();
    place.home = new Home({
      settings: { hookkeeper: { lease: 5, key: randomBytes(32).toString('base64') }, credits: { signup_bonus: BONUS } },
    });
    place.killed = { worker: 0, receiver: 0 };
    try {
      const made = place.home.hk(['init']);
      if (made.status !== 0) throw new Error(`init: ${made.err}${made.out}`);
      place.plans(PLANS);
      place.web = await lighttpd(place.home);
      place.going = true;
      place.supervisor = place.supervise();
      place.rnd = random(seed);
      if (kills) place.reaper = place.reap();
    } catch (error) {
      await place.close();
      throw error;
    }
    return place;
  }

  plans(list) {
    for (const [ref, credits, per] of list) {
      const set = this.home.hk(['plan', 'set', ref, '--credits', String(credits), ...(per ? ['--per', String(per)] : [])]);
      if (set.status !== 0) throw new Error(`plan set ${ref}: ${set.err}${set.out}`);
    }
  }

  // Every event is worked again, as a person may ask for.
  async again() {
    const asked = await this.home.hkAsync(['events', 'retry', '--status', 'completed', '--yes']);
    if (asked.status !== 0) throw new Error(`events retry: ${asked.err}${asked.out}`);
    await this.settled();
  }

  async supervise() {
    while (this.going) {
      this.worker = this.home.worker();
      await this.worker.gone;
      if (this.going) await sleep(50);
    }
  }

  async reap() {
    while (!this.calm) {
      await sleep(500 + this.rnd() * 2500);
      if (this.calm) return;
      if (this.rnd() < 0.6) {
        if (this.worker.kill('SIGKILL')) this.killed.worker++;
        continue;
      }
      const receivers = descendants(this.web.child.pid);
      if (receivers.length === 0) continue;
      process.kill(receivers[Math.floor(this.rnd() * receivers.length)], 'SIGKILL');
      this.killed.receiver++;
    }
  }

  async peace() {
    this.calm = true;
    await this.reaper;
  }

  send({ provider, id, body }) {
    return sendUntilTaken(this.web.url(`/webhooks/${provider}`), provider, this.home.secret[provider], body, id, 60000 * slow);
  }

  // Whatever can be done is done: what is left waits for something.
  settled(limitMs = 120000) {
    return until('all is done that can be', () =>
      this.home.one("SELECT count(*) FROM event WHERE status = 'processing' OR (status = 'pending' AND waits_for IS NULL)") === 0, limitMs);
  }

  async close() {
    await this.peace();
    this.going = false;
    if (this.worker) await this.home.stop(this.worker);
    await this.supervisor;
    await this.home.close();
  }
}

// ---- telling -------------------------------------------------------------------

// The deliveries of a history, in an order of their own, with repeats.
function deliveries(history, rnd, late) {
  const list = history.events.filter((e) => (e.late ?? 0) === late);
  const all = [...list, ...list.filter(() => rnd() < 0.2), ...list.filter(() => rnd() < 0.05)];
  const way = rnd();
  const place = new Map(all.map((e, i) => [e, i]));
  const spread = way < 0.1 ? 0 : way < 0.4 ? 8 : Infinity;	// in order, roughly, any
  const key = (e) => (spread === Infinity ? rnd() : (place.get(e) % list.length) + rnd() * spread);
  const sorted = all.map((e) => [way >= 0.9 ? -list.indexOf(e) + rnd() : key(e), e]).sort((a, b) => a[0] - b[0]);
  return sorted.map(([, e]) => e);
}

// Tell some histories by SENDERS at once.  Resolves to the number of requests.
export async function tell(place, list, rnd, late = 0) {
  const waiting = list.map((h) => deliveries(h, rnd, late)).filter((d) => d.length > 0);
  const active = waiting.splice(0, ACTIVE);
  let sent = 0;
  await Promise.all(Array.from({ length: SENDERS }, async () => {
    while (active.length > 0) {
      const at = Math.floor(rnd() * active.length), todo = active[at];
      const event = todo.shift();
      if (todo.length === 0) active.splice(at, 1, ...waiting.splice(0, 1));
      await place.send(event);
      sent++;
    }
  }));
  return sent;
}

// ---- comparing -----------------------------------------------------------------

// What is stored, by the tag of its history.
export function collect(home) {
  const by = new Map();
  const at = (name) => {
    const tag = tagIn(name ?? '');
    if (!by.has(tag)) by.set(tag, { events: [], users: [], kinds: [], balances: [], payments: [], subs: [], items: [], mails: [], suppressed: [], checkouts: [], invoices: [], keys: [] });
    return by.get(tag);
  };
  const owner = (kind, id, clerk) => (kind === 'user' ? `user:${clerk}` : `${kind}:${id}`);
  const load = (what, name, sql) => home.sql(sql).forEach((row) => at(row[name])[what].push(row));
  load('events', 'event_id', `SELECT event_id, status, outcome, reason, error_message, waits_for,
    (SELECT max(a.id) FROM attempt a WHERE a.event = event.id) AS turn,
    EXISTS (SELECT 1 FROM attempt a WHERE a.event = event.id AND a.result = 'handled') AS handled,
    EXISTS (SELECT 1 FROM attempt a WHERE a.event = event.id AND (a.result = 'handled' OR a.result = 'skipped')) AS done FROM event ORDER BY turn`);
  load('users', 'clerk_id', 'SELECT clerk_id, email, first_name, last_name, username, external_id, metadata, deleted_at FROM site_user');
  load('balances', 'name', `SELECT a.owner_kind, a.owner, u.clerk_id, a.balance, COALESCE(u.clerk_id, a.owner) AS name,
    (SELECT json_extract(m.payload, '$.balance') FROM message m WHERE m.owner = a.owner AND m.type = 'credit_balance_updated'
      ORDER BY m.id DESC LIMIT 1) AS told FROM account a LEFT JOIN site_user u ON a.owner = u.id WHERE a.owner_kind <> 'system'`);
  load('kinds', 'name', `SELECT a.owner_kind, a.owner, u.clerk_id, t.kind, sum(t.amount) AS amount, COALESCE(u.clerk_id, a.owner) AS name
    FROM transfer t JOIN account a ON a.owner_kind <> 'system' AND (a.id = t.credit OR a.id = t.debit)
    LEFT JOIN site_user u ON a.owner = u.id GROUP BY a.id, t.kind`);
  load('payments', 'ref', `SELECT ref, granted, owed, taken, (SELECT json_group_array(a.ref) FROM payment_alias a WHERE a.payment = payment.id) AS others FROM payment`);
  load('subs', 'id', `SELECT b.id, b.status, COALESCE(b.cancel_at, 0) AS cancel_at, COALESCE(b.canceled_at, 0) AS canceled_at,
    COALESCE(b.ended_at, 0) AS ended_at, b.owner_kind, b.owner_id, u.clerk_id FROM billing_subscriptions b LEFT JOIN site_user u ON u.id = b.owner_id`);
  load('items', 'ref', `SELECT ref, plan_ref, quantity, status, COALESCE(period_start, 0) / 1000000 AS start, COALESCE(period_end, 0) / 1000000 AS end FROM subscription_item`);
  load('mails', 'email_id', 'SELECT email_id, state, opens, clicks, (SELECT count(*) FROM email_history h WHERE h.email_id = email.email_id) AS events FROM email');
  load('suppressed', 'address', 'SELECT address, reason FROM suppression');
  load('checkouts', 'session', 'SELECT session, payment_status, fulfilled_at FROM checkout');
  load('invoices', 'ref', 'SELECT ref, status FROM invoice');
  load('keys', 'clerk_id', 'SELECT u.clerk_id, count(*) AS n, count(k.revoked_at) AS revoked FROM api_key k JOIN site_user u ON u.id = k.site_user GROUP BY u.id');
  for (const have of by.values())
    for (const row of [...have.kinds, ...have.balances]) row.name = owner(row.owner_kind, row.owner, row.clerk_id);
  return by;
}

// Everything in which the books of a history differ from what its events say:
// [{ what, expected, got }].
export function differences(events, have) {
  const found = [], differ = (what, expected, got) => { if (JSON.stringify(expected) !== JSON.stringify(got)) found.push({ what, expected, got }); };
  const stored = new Map((have?.events ?? []).map((e) => [e.event_id, e]));
  const gone = new Set(events.filter((e) => !e.late).flatMap((e) => e.facts).filter((f) => f.k === 'gone').map((f) => f.user));
  const lost = new Set(events.filter((e) => gone.has(e.pays) && stored.get(e.id)?.status === 'failed'
    && !stored.get(e.id).done && /user was deleted/.test(stored.get(e.id).error_message)).map((e) => e.id));
  // What was done before the user went, and is asked for again after it.
  const after = (e) => e.done && events.some((x) => x.type === 'user.deleted') && /user was deleted/.test(e.error_message);
  // A session that pays by subscription links nobody to a customer any more, so invoices wait.
  const stranded = events.filter((e) => gone.size > 0 && stored.get(e.id)?.status === 'pending' && e.needs.some((n) => n.startsWith('cus:'))).map((e) => e.id);
  const born = (user) => events.some((e) => stored.get(e.id)?.handled && e.facts.some((f) => f.k === 'user' && f.user === user));
  const unborn = new Set([...gone].filter((user) => !born(user)));
  const want = books(events, { lost: new Set([...lost, ...stranded]), unborn });
  want.waiting.push(...stranded);

  const of = (list, name) => new Map((have?.[list] ?? []).map((row) => [row[name], row]));
  const each = (list, name, wanted, seen) => {
    const rows = of(list, name);
    for (const [key, value] of Object.entries(wanted)) seen(key, value, rows.get(key));
    for (const key of rows.keys()) if (!(key in wanted)) found.push({ what: `${list} ${key}`, expected: 'nothing', got: JSON.stringify(rows.get(key)) });
  };
  for (const e of events) if (!stored.has(e.id)) found.push({ what: `event ${e.id}`, expected: 'stored', got: 'nothing' });
  for (const e of stored.values())
    if (e.status === 'failed' && !lost.has(e.event_id) && !after(e)) found.push({ what: `event ${e.event_id}`, expected: 'done', got: `failed: ${e.error_message}` });
  differ('events that wait', want.waiting.sort(), [...stored.values()].filter((e) => e.status === 'pending').map((e) => e.event_id).sort());

  each('users', 'clerk_id', want.users, (user, row, got) => {
    if (!got) return differ(`user ${user}`, 'a row', 'nothing');
    differ(`user ${user} deleted`, row.gone, got.deleted_at !== null);
    if (gone.has(user) || row.metadata === undefined) return;	// what was heard before it went depends on when it went
    for (const name of ['email', 'first_name', 'last_name', 'username', 'external_id', 'metadata']) differ(`user ${user} ${name}`, row[name], got[name]);
  });
  for (const { clerk_id: user, n, revoked } of have?.keys ?? []) differ(`user ${user} keys`, [1, want.users[user]?.gone ? 1 : 0], [n, revoked]);

  const kinds = (name) => Object.fromEntries((have?.kinds ?? []).filter((r) => r.name === name).map((r) => [r.kind, r.amount]));
  const owners = Object.fromEntries(Object.entries(want.owners).filter(([, o]) => o.signup_bonus || o.purchase || o.subscription));
  each('balances', 'name', owners, (name, row, got) => {
    const k = kinds(name), sum = (kind) => k[kind] ?? 0;
    differ(`${name} signup_bonus`, row.signup_bonus, sum('signup_bonus'));
    differ(`${name} purchase`, row.purchase, sum('purchase'));
    differ(`${name} subscription`, row.subscription, sum('subscription'));
    differ(`${name} taken back`, row.back, sum('refund') + sum('dispute') - sum('reinstate'));
    differ(`${name} balance`, row.balance, got?.balance);
    differ(`${name} balance as told`, row.balance, got?.told);
  });
  for (const [key, p] of Object.entries(want.payments)) {
    const rows = (have?.payments ?? []).filter((r) => p.names.includes(r.ref) || JSON.parse(r.others).some((o) => p.names.includes(o)));
    const sum = (what) => rows.reduce((n, r) => n + r[what], 0);
    differ(`payment ${key}`, { granted: p.granted, owed: p.owed, taken: p.owed }, { granted: sum('granted'), owed: sum('owed'), taken: sum('taken') });
  }
  each('subs', 'id', want.subs, (id, row, got) => {
    const us = (t) => (t > 1e11 ? t * 1000 : t * 1000000);
    differ(`subscription ${id}`, { status: row.status, cancel_at: us(row.cancel_at), canceled_at: us(row.canceled_at), ended_at: us(row.ended_at) },
      got && { status: got.status, cancel_at: got.cancel_at, canceled_at: got.canceled_at, ended_at: got.ended_at });
    if (row.owner && gone.size === 0) differ(`subscription ${id} owner`, row.owner, got && (got.clerk_id ? `user:${got.clerk_id}` : `${got.owner_kind}:${got.owner_id}`));
  });
  each('items', 'ref', want.items, (id, any, got) => {
    const text = got && `${got.plan_ref} x${got.quantity} ${got.status} ${got.start}-${got.end}`;
    if (!any.includes(text)) found.push({ what: `item ${id}`, expected: any.join(' or '), got: text });
  });
  each('mails', 'email_id', want.mails, (id, row, got) => differ(`mail ${id}`, row, got && { state: got.state, opens: got.opens, clicks: got.clicks, events: got.events }));
  each('suppressed', 'address', want.suppressed, (address, any, got) => { if (!any.includes(got?.reason)) differ(`suppression ${address}`, any.join(' or '), got?.reason); });
  each('checkouts', 'session', want.checkouts, (id, row, got) => differ(`checkout ${id}`, row, got && { status: got.payment_status, fulfilled: got.fulfilled_at !== null }));
  each('invoices', 'ref', want.invoices, (id, any, got) => { if (!any.includes(got?.status)) differ(`invoice ${id}`, any.join(' or '), got?.status); });
  return found;
}

// ---- a failing one, alone --------------------------------------------------------

// One event after another, each worked off before the next.
async function inTurn(place, events) {
  for (const e of events) {
    await place.send(e);
    await place.settled(30000);
  }
}

const kind = (difference, tag) => difference.what.replaceAll(tag, '').replace(/[0-9]+/g, '');

// Tell a history's events of these places in this order, under a new name; resolves
// to the differences.
async function retell(place, seed, order, fresh) {
  const h = new History(seed, tagOf(fresh.next++)), events = order.map((n) => h.events[n]);
  await inTurn(place, events);
  return { tag: h.tag, events, found: differences([...new Set(events)], collect(place.home).get(h.tag)) };
}

// Make the story of a failure as short as it gets: resolves to lines to print.
export async function shrink(history, have, found, { tries = 150 } = {}) {
  const place = await Place.open();
  place.plans(LATE_PLANS);
  const fresh = { next: 36 ** 5 };
  try {
    const index = new Map(history.events.map((e, n) => [e.id, n]));
    let order = have.events.map((e) => index.get(e.event_id)).filter((n) => n !== undefined);
    const wanted = kind(found[0], history.tag);
    const fails = async (list) => {
      const told = await retell(place, history.seed, list, fresh);
      return told.found.some((d) => kind(d, told.tag) === wanted) && told;
    };
    let last = await fails(order);
    if (!last) return ['alone and one by one, in the order in which they were settled, it does not fail: it takes several at once'];
    for (let size = Math.ceil(order.length / 2); size >= 1 && tries > 0; size = size === 1 ? 0 : Math.ceil(size / 2))
      for (let at = 0; at < order.length && tries > 0;) {
        const less = [...order.slice(0, at), ...order.slice(at + size)];
        tries--;
        const told = less.length > 0 && await fails(less);
        if (told) [order, last] = [less, told];
        else at += size;
      }
    return [`reproduction, HK_HISTORY=${history.seed} HK_ORDER=${order.join(',')}`,
      ...last.events.map((e, n) => `  ${n + 1}. ${e.provider} ${e.type} ${e.id} ${JSON.stringify(e.facts)}`),
      ...last.found.map((d) => `  -> ${d.what}: expected ${JSON.stringify(d.expected)}, got ${JSON.stringify(d.got)}`)];
  } finally {
    await place.close();
  }
}

// Exactly this order of one history, as shrink() printed it.
export async function reproduce(seed, order) {
  const place = await Place.open();
  try {
    place.plans(LATE_PLANS);
    return (await retell(place, seed, order, { next: 0 })).found;
  } finally {
    await place.close();
  }
}

// What is wrong with a history, in lines.
export function explain(history, have, found) {
  const facts = new Map(history.events.map((e) => [e.id, e]));
  return [`HK_HISTORY=${history.seed} (${history.tag}, user ${history.user}, API version ${history.version})`,
    ...found.slice(0, 12).map((d) => `  ${d.what}: expected ${JSON.stringify(d.expected)}, got ${JSON.stringify(d.got)}`),
    '  its events as they were settled:',
    ...(have?.events ?? []).map((e) => `    ${e.event_id} ${facts.get(e.event_id)?.type} ${e.status} ${e.outcome ?? ''} ${e.reason ?? e.error_message ?? ''}`)];
}

function judge(place, list) {
  const stored = collect(place.home);
  return list.map((history) => {
    const have = stored.get(history.tag);
    return { history, have, found: differences(history.events, have) };
  }).filter((f) => f.found.length > 0);
}

// Tell so many histories and compare, then have all events worked again and compare
// again; { failures: [{history, have, found}], sent, tookMs, stage }.
export async function run(place, list, rnd) {
  const began = Date.now();
  let sent = await tell(place, list, rnd);
  await place.peace();
  await place.settled(60000 + list.length * 1000);
  place.plans(LATE_PLANS);
  await place.settled();
  for (const late of [1, 2]) {
    sent += await tell(place, list, rnd, late);
    await place.settled();
  }
  const tookMs = Date.now() - began;
  let failures = judge(place, list), stage = 'told';
  if (failures.length === 0) {
    await place.again();
    failures = judge(place, list);
    stage = 'worked again';
  }
  return { failures, sent, tookMs, stage };
}
