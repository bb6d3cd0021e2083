// Scenarios: events in; users, balances, subscriptions, mails and outcomes out.
// A table (tests/e2e/scenarios/*.mjs) tells each in plain ids; here they are made
// unique for each way of telling it, so that many share one home, and the books
// are read back in the plain ids.
//
//	name	the trap, as the phrase that is read when it fails
//	settings	as for Home; scenarios with the same ones share a home
//	plans	{ ref: credits or { credits, per } }, set before anything comes
//	steps	events of the *-shapes.mjs, each with .outcome (of as()), or
//		{ plan: 'price_late_x', credits } to set a plan meanwhile, or
//		{ call: '/credits/burn', body } for the site's own application
//	users, orgs, subscriptions, mails, suppressed	all there is of these at
//		the end, as rendered below; what is not named must be empty
//	payments, invoices, checkouts, ...	the same, but looked at only when named
//	fixed	true: has no meaning in another order (what is burned must be there)
//	depends	parts of the books that may depend on the order of arrival
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { faultBuild } from './faults.mjs';
import { Home, slow, until } from './home.mjs';
import { lighttpd } from './servers.mjs';
import { request, signed } from './senders.mjs';
import { random } from './story.mjs';

// What becomes of the event: "handled", "skipped: stale", "failed: identity mismatch",
// "waits: user:user_bob", "ignored: ...", "answered 400"; the text is a part of the
// reason.  Several, separated by " | ": it depends on the order, and the first is that
// of the table's own.
export const as = (event, outcome) => ({ ...event, outcome });
// A word that a newer one may have overtaken.
export const older = (event) => as(event, 'handled | skipped: stored as of | skipped: stale');
// A word that another has told already, or better.
export const known = (event) => as(event, 'skipped: stored as of | handled');

// ---- ids ------------------------------------------------------------------------------

const OWN = 'user|cus|acct|pi|ch|cs|in|sub|si|re|du|dp|evt|csub|pa|org|orgmem|sess|price_late|cplan_late|plink_late';
const IDS = new RegExp(`"((?:${OWN})_[a-z0-9_]+)"(?!\\s*:)`, 'g');
const MARK = /_q[0-9a-z]{5}/g;

// Their ids are UUIDs: mail_1 of a run, uuid_1 of a run.
class Uuids {
  #told = new Map();
  of(token, mark) {
    const hex = createHash('sha256').update(token + mark).digest('hex');
    const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    this.#told.set(uuid, token + mark);
    return uuid;
  }
  read(text) {
    return text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (uuid) => this.#told.get(uuid) ?? uuid);
  }
}

const unique = (json, mark, uuids) => json
  .replace(IDS, `"$1${mark}"`)
  .replace(/([a-z.]+)@example\.(com|org)/gi, `$1${mark}@example.$2`)
  .replace(/"((?:mail|uuid)_[a-z0-9]+)"/g, (_, token) => `"${uuids.of(token, mark)}"`);

// ---- a telling: one scenario's steps in some order, under a mark of its own -------------

class Telling {
  constructor(scenario, way, mark, uuids) {
    Object.assign(this, { scenario, way, mark });
    this.all = scenario.steps.map((step, i) => {
      if (step.plan) return { ...step, plan: `${step.plan}${mark}` };
      if (step.call) return { ...step, key: `call${i}${mark}`, body: unique(JSON.stringify(step.body), mark, uuids) };
      return this.#event(step, i, uuids);
    });
    this.rounds = way.order([...this.all.keys()]).map((i) => [this.all[i]]);
    if (way.doubled) this.rounds = this.rounds.map(([step]) => [step, step, ...this.#twin(step)]);
  }

  #event(step, i, uuids) {
    const id = step.id ? `${step.id}${this.mark}` : `${step.provider === 'stripe' ? 'evt' : 'msg'}_${i}${this.mark}`;
    const body = unique(JSON.stringify(step.body), this.mark, uuids);
    return {
      ...step, id, text: step.provider === 'stripe' ? JSON.stringify({ id, ...JSON.parse(body) }, null, 2) : body,
    };
  }

  // Stripe makes two events of one thing at times; Svix never gives a message another id.
  #twin(step) {
    if (step.provider !== 'stripe') return [];
    const id = step.id.replace('evt_', 'evt_twin');
    return [{ ...step, id, text: step.text.replace(`"${step.id}"`, `"${id}"`), twin: true }];
  }
}

// ---- sending and working ------------------------------------------------------------------

async function each(items, senders, work) {
  let next = 0;
  await Promise.all(Array.from({ length: senders }, async () => {
    while (next < items.length) await work(items[next++]);
  }));
}

class Place {
  constructor(home, web) { Object.assign(this, { home, web, answers: new Map() }); }

  async step(step) {
    const { home } = this;
    if (step.plan) {
      const run = await home.hkAsync(['plan', 'set', step.plan, '--credits', String(step.credits)]);
      assert.equal(run.status, 0, run.err);
      return;
    }
    if (step.call) {
      const answer = await request(this.web.url(`/api/v1${step.call}`), { body: step.body, keep: false, headers: {
        'authorization': `Bearer ${this.#token()}`, 'content-type': 'application/json', 'idempotency-key': step.key,
      } });
      assert.ok([200, 201].includes(answer.status), `${step.call}: ${answer.text}`);
      return;
    }
    const { provider, id, text } = step;
    const answer = await request(this.web.url(`/webhooks/${provider}`),
      { body: text, headers: signed(provider, home.secret[provider], text, { id }), keep: false });
    const before = this.answers.get(id);
    if (answer.status === 200)
      assert.equal(answer.json.duplicate, before !== undefined, `${step.type} ${id}: is it a duplicate?`);
    assert.equal(answer.status, before ?? answer.status);
    this.answers.set(id, answer.status);
  }

  #token() {
    this.token ??= this.home.token().token;
    return this.token;
  }

  // The n-th step of each of the tellings, those of one in order.
  round(tellings, n) {
    return each(tellings.filter((t) => t.rounds[n]), 24, async (t) => {
      for (const step of t.rounds[n]) await this.step(step);
    });
  }

  async work(env = {}, program = 'hookkeeper') {
    const child = this.home.start(path.join(this.home.bin, program), ['worker', '--once'],
      { env: { HOOKKEEPER_CONF: this.home.conf, ...env } });
    const { code, signal } = await child.gone;
    assert.ok(code === 0 || (env.HK_FAULT && signal === 'SIGKILL'),
      `worker --once ended with ${code ?? signal}\n${this.home.logText().slice(-2000)}`);
    return signal;
  }

  // What comes again by the schedule comes now.
  async workAll() {
    await this.work();
    const later = this.home.sql("SELECT id FROM event WHERE status = 'pending' AND waits_for IS NULL").map((row) => String(row.id));
    if (later.length === 0) return;
    const run = this.home.hk(['events', 'retry', ...later]);
    assert.equal(run.status, 0, run.err);
    await this.work();
  }
}

// ---- the ways to tell ---------------------------------------------------------------------

const inOrder = (list) => list;
const reversed = (list) => [...list].reverse();
const shuffled = (rnd) => (list) => {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(rnd() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
};

const longest = (tellings) => Math.max(0, ...tellings.map((t) => t.rounds.length));

// Each step is worked off before the next comes.
async function stepwise(place, tellings) {
  for (let n = 0; n < longest(tellings); n++) {
    await place.round(tellings, n);
    await place.work();
  }
}

// All of it is there before anybody works.
async function piledUp(place, tellings) {
  for (let n = 0; n < longest(tellings); n++) await place.round(tellings, n);
}

// A worker is at work all the time, and killed again and again.
async function meanwhile(place, tellings) {
  let worker, going = true, kills = 0;
  const supervisor = (async () => {
    while (going) {
      worker = place.home.worker();
      await worker.gone;
    }
  })();
  const reaper = (async () => {
    while (going) {
      await new Promise((done) => setTimeout(done, 60 * slow));
      if (going && worker.kill('SIGKILL')) kills++;
    }
  })();
  await each(tellings, 16, async (t) => {
    for (const steps of t.rounds)
      for (const step of steps) await place.step(step);
  });
  await until('a worker was killed', () => kills > 0);
  going = false;
  await reaper;
  worker.kill('SIGKILL');
  await supervisor;
}

// Between any two events workers die: having claimed them, inside their work, before
// its commit or after it.
async function dying(place, tellings, rnd) {
  let deaths = 0;
  for (let n = 0; n < longest(tellings); n++) {
    await place.round(tellings, n);
    const many = tellings.filter((t) => t.rounds[n]).length;
    const points = n % 2 ? ['claimed.committed:1', 'worked.committed:1'] : ['worked:1', `settled:${1 + Math.floor(rnd() * many)}`];
    for (const point of points)
      deaths += await place.work({ HK_FAULT: point }, 'hookkeeper-faulty') === 'SIGKILL';
    await place.work();
  }
  assert.ok(deaths >= longest(tellings), `only ${deaths} deaths`);
}

// `strict`: outcomes are those that the table names first.
export const waysOf = (rnd) => [
  { name: 'in order', tell: stepwise, order: inOrder, strict: true },
  { name: 'reversed', tell: stepwise, order: reversed },
  { name: 'shuffled', tell: stepwise, order: shuffled(rnd) },
  { name: 'doubled', tell: stepwise, order: inOrder, doubled: true, strict: true },
  { name: 'in order, piled up', tell: piledUp, order: inOrder },
  { name: 'reversed, piled up', tell: piledUp, order: reversed },
  { name: 'shuffled, piled up', tell: piledUp, order: shuffled(rnd) },
  { name: 'doubled and shuffled while the worker is killed', tell: meanwhile, order: shuffled(rnd), doubled: true },
  { name: 'in order, with deaths between', tell: dying, order: inOrder, strict: true },
  { name: 'reversed, with deaths between', tell: dying, order: reversed },
];

// ---- the books --------------------------------------------------------------------------

const whose = (kind, id) => `CASE ${kind} WHEN 'user' THEN (SELECT COALESCE(u.clerk_id, u.id) FROM site_user u
  WHERE u.id = ${id}) ELSE ${id} END`;
const day = (us) => new Date(us / 1000).toISOString().replace('T00:00:00.000Z', '');

// Each part: its rows, whose they are (key), and how a table writes one (text).
const parts = {
  users: {
    sql: `SELECT COALESCE(u.clerk_id, u.id) AS key, u.email, u.first_name, u.last_name, u.username, u.external_id,
      u.metadata, u.clerk_updated_at, u.deleted_at IS NOT NULL AS deleted, COALESCE(a.balance, 0) AS balance
      FROM site_user u LEFT JOIN account a ON a.owner_kind = 'user' AND a.owner = u.id`,
    text: (r) => (r.deleted ? 'deleted' : r.balance),
  },
  orgs: {
    sql: "SELECT owner AS key, balance FROM account WHERE owner_kind = 'organization'",
    text: (r) => r.balance,
  },
  subscriptions: {
    sql: `SELECT id AS key, status, plan_ref, quantity, trial, items, period_start, period_end, cancel_at, canceled_at,
      ended_at, customer, ${whose('owner_kind', 'owner_id')} AS owner FROM billing_subscriptions`,
    text: (r) => [`${r.status} ${r.plan_ref ?? '-'}`, r.cancel_at && `ends ${day(r.cancel_at)}`,
      r.owner === null && "nobody's"].filter(Boolean).join(', '),
  },
  terms: {
    sql: `SELECT id AS key, date(period_start / 1000000, 'unixepoch') || ' to ' || date(period_end / 1000000, 'unixepoch') AS term
      FROM billing_subscriptions`,
    text: (r) => r.term,
  },
  mails: {
    sql: 'SELECT email_id AS key, state, state_at, opens, clicks, recipients FROM email',
    text: (r) => [r.state, r.opens && `${r.opens} opened`, r.clicks && `${r.clicks} clicked`].filter(Boolean).join(', '),
  },
  suppressed: { sql: 'SELECT address AS key, reason FROM suppression', text: (r) => r.reason },
  profiles: {
    sql: 'SELECT clerk_id AS key, email, first_name, username, external_id FROM site_user WHERE clerk_id IS NOT NULL',
    text: (r) => [r.email, r.first_name, r.username, r.external_id].filter((s) => s !== null).join(' '),
  },
  metadata: { sql: 'SELECT clerk_id AS key, metadata FROM site_user WHERE clerk_id IS NOT NULL', text: (r) => r.metadata },
  keys: {
    sql: `SELECT clerk_id AS key, COUNT(k.id) AS n, COUNT(k.revoked_at) AS revoked FROM site_user u
      JOIN api_key k ON k.site_user = u.id GROUP BY u.id`,
    text: (r) => (r.revoked ? `${r.n}, ${r.revoked} revoked` : `${r.n}`),
  },
  customers: {
    sql: `SELECT customer AS key, ${whose("'user'", 'site_user')} AS owner FROM stripe_customer`, text: (r) => r.owner,
  },
  ledger: {	// by what it was for, for in what steps it came about may differ
    sql: `SELECT ${whose('a.owner_kind', 'a.owner')} AS key, SUM(CASE WHEN t.kind = 'signup_bonus' THEN t.amount ELSE 0 END) AS bonus,
      SUM(CASE WHEN t.kind = 'purchase' THEN t.amount ELSE 0 END) AS purchase,
      SUM(CASE WHEN t.kind = 'subscription' THEN t.amount ELSE 0 END) AS subscription,
      -SUM(CASE t.kind WHEN 'reinstate' THEN t.amount WHEN 'refund' THEN -t.amount WHEN 'dispute' THEN -t.amount
        ELSE 0 END) AS taken
      FROM account a JOIN transfer t ON t.debit = a.id OR t.credit = a.id WHERE a.owner_kind <> 'system' GROUP BY a.id`,
    text: (r) => ['bonus', 'purchase', 'subscription', 'taken'].filter((k) => r[k]).map((k) => `${k} ${r[k]}`).join(', '),
  },
  items: {
    sql: `SELECT i.ref AS key, plan_ref, quantity, i.status, trial, period_start, period_end, s.ref AS of
      FROM subscription_item i JOIN subscription s ON s.id = i.subscription`,
    text: (r) => `${r.status} ${r.plan_ref ?? '-'}`,
  },
  periods: {
    sql: `SELECT item || ' ' || date(period_start / 1000000, 'unixepoch') AS key, credits,
      ${whose('owner_kind', 'owner')} AS owner FROM period_grant`,
    text: (r) => r.credits,
  },
  invoices: {
    sql: `SELECT ref AS key, status, amount, currency, customer, subscription, fulfilled_at IS NOT NULL AS fulfilled,
      ${whose('owner_kind', 'owner')} AS owner FROM invoice`,
    text: (r) => r.status,
  },
  checkouts: {
    sql: `SELECT session AS key, mode, payment_status, payment_intent, amount_total, currency, customer,
      fulfilled_at IS NOT NULL AS fulfilled, ${whose("'user'", 'site_user')} AS owner FROM checkout`,
    text: (r) => `${r.payment_status}${r.fulfilled ? ', fulfilled' : ''}`,
  },
  payments: {
    sql: `SELECT ref AS key, amount, granted, owed, taken, ${whose('owner_kind', 'owner')} AS owner,
      (SELECT group_concat(ref, ' ') FROM (SELECT ref FROM payment_alias WHERE payment = payment.id ORDER BY ref)) AS names
      FROM payment`,
    text: (r) => `${r.granted}${r.taken ? `, ${r.taken} taken back` : ''}`,
  },
  refunds: { sql: 'SELECT charge AS key, refunded FROM refund', text: (r) => r.refunded },
  disputes: { sql: 'SELECT ref AS key, status, holds, amount FROM dispute', text: (r) => r.status },
  organizations: {
    sql: 'SELECT id AS key, name, slug, version_us, deleted_at IS NOT NULL AS deleted FROM organization',
    text: (r) => (r.deleted ? 'deleted' : r.name),
  },
  members: {
    sql: 'SELECT id AS key, organization, clerk_user, role, version_us, deleted_at IS NOT NULL AS deleted FROM membership',
    text: (r) => (r.deleted ? 'deleted' : `${r.clerk_user} ${r.role} of ${r.organization}`),
  },
  sessions: { sql: 'SELECT id AS key, clerk_user, status, version_us FROM clerk_session', text: (r) => `${r.status} of ${r.clerk_user}` },
  history: {	// of a mail
    sql: `SELECT email_id || ' ' || kind || ' ' || occurred_at AS key, COUNT(*) AS n, MIN(detail) AS detail
      FROM email_history GROUP BY 1`,
    text: (r) => r.detail ?? r.n,
  },
};
const always = ['users', 'orgs', 'subscriptions', 'mails', 'suppressed'];

// mark -> { part: { key: row } }, in plain ids.
function booksOf(home, uuids) {
  const books = new Map();
  for (const [part, { sql }] of Object.entries(parts))
    for (const raw of home.sql(sql)) {
      const text = uuids.read(JSON.stringify(raw));
      const marks = new Set(text.match(MARK));
      assert.equal(marks.size, 1, `a row of nobody's, or of two, among ${part}: ${text}`);
      const [mark] = marks, row = JSON.parse(text.replace(MARK, ''));
      if (!books.has(mark)) books.set(mark, Object.fromEntries(Object.keys(parts).map((name) => [name, {}])));
      books.get(mark)[part][row.key] = row;
    }
  return (mark) => books.get(mark) ?? Object.fromEntries(Object.keys(parts).map((name) => [name, {}]));
}

// id -> what became of it
function outcomesOf(home) {
  const say = (r) => {
    if (r.status === 'completed') return r.reason ? `${r.outcome}: ${r.reason}` : r.outcome;
    if (r.status === 'failed') return `failed: ${r.error_message}`;
    return r.waits_for ? `waits: ${r.waits_for} ${r.error_message}` : `${r.status}: ${r.error_message}`;
  };
  return new Map(home.sql('SELECT event_id, status, outcome, reason, error_message, waits_for FROM event')
    .map((r) => [r.event_id, say(r).replace(MARK, '')]));
}

const messagesOf = (home, uuids) => home.sql(`SELECT type, ${whose('owner_kind', 'owner')} AS owner, payload FROM message ORDER BY id`)
  .map((r) => ({ mark: uuids.read(JSON.stringify(r)).match(MARK)?.[0], said: `${r.type} ${r.owner}`.replace(MARK, '') }));

// ---- a home with scenarios ----------------------------------------------------------------

function plansOf(scenarios) {
  const plans = new Map();
  for (const { name, plans: own = {} } of scenarios)
    for (const [ref, plan] of Object.entries(own)) {
      const told = typeof plan === 'number' ? { credits: plan } : plan;
      assert.deepEqual(plans.get(ref) ?? told, told, `"${name}" and another disagree on ${ref}`);
      plans.set(ref, told);
    }
  return plans;
}

async function open(settings, scenarios) {
  const home = new Home({ settings: {
    ...settings, hookkeeper: { work_after_reply: 'off', key: Buffer.alloc(32, 7).toString('base64'), ...settings?.hookkeeper },
  } });
  home.borrow(path.join(faultBuild, 'bin/hookkeeper'), 'hookkeeper-faulty');
  for (const [ref, { credits, per }] of plansOf(scenarios)) {
    const run = home.hk(['plan', 'set', ref, '--credits', String(credits), ...(per ? ['--per', String(per)] : [])]);
    assert.equal(run.status, 0, run.err);
  }
  return new Place(home, await lighttpd(home));
}

// Tell all of the scenarios in all ways; gives (scenario) => a list of what came of
// each way, { way, outcomes, books, messages }, and what the audit says.
export async function tell(settings, scenarios, seed) {
  const rnd = random(seed), uuids = new Uuids();
  const place = await open(settings, scenarios);
  try {
    let n = 0;
    const run = (0x10000 + Math.floor(rnd() * 0xffff)).toString(36).slice(-3);
    const tellings = waysOf(rnd).flatMap((way) => scenarios.filter((s) => !s.fixed || way.strict).map((scenario) =>
      new Telling(scenario, way, `_q${run.slice(0, 2)}${(n++).toString(36).padStart(3, '0')}`, uuids)));
    for (const way of [stepwise, piledUp, meanwhile, dying]) {
      await way(place, tellings.filter((t) => t.way.tell === way), rnd);
      await place.workAll();
    }
    const books = booksOf(place.home, uuids), outcomes = outcomesOf(place.home), messages = messagesOf(place.home, uuids);
    const audit = place.home.hk(['audit']);
    const came = (id) => (place.answers.get(id) === 200 ? outcomes.get(id) : `answered ${place.answers.get(id)}`);
    return {
      audit: audit.status === 0 ? '' : audit.out + audit.err,
      integrity: place.home.one('PRAGMA integrity_check'),
      of: (scenario) => tellings.filter((t) => t.scenario === scenario).map((t) => ({
        way: t.way, books: books(t.mark), messages: messages.filter((m) => m.mark === t.mark).map((m) => m.said).sort(),
        outcomes: t.rounds.flat().filter((step) => step.id).map((step) => ({ ...step, came: came(step.id) })),
      })),
    };
  } finally {
    await place.home.close();
  }
}

// ---- expected, and found ----------------------------------------------------------------

// Is it one of the expected?  Of two twins the later one may be stale, or told already.
function matches({ outcome = 'handled', came, twin }, { strict, doubled }) {
  const alternatives = outcome.split(' | ');
  const [kind] = came.split(': ');
  if ((twin || (doubled && !strict)) && ['handled', 'skipped'].includes(kind) && /handled|skipped/.test(outcome)) return true;
  return alternatives.slice(0, strict ? 1 : undefined).some((wanted) => {
    const [wantedKind, ...text] = wanted.split(': ');
    return kind === wantedKind && came.includes(text.join(': '));
  });
}

const rendered = (part, rows) => Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, parts[part].text(row)]));

// Expectations and findings that are wrong in one thing: check() must refuse each.
export function* spoiled(scenario, found) {
  for (const part of always)
    for (const key of Object.keys(scenario[part] ?? {})) {
      yield [{ ...scenario, [part]: { ...scenario[part], [key]: 'another' } }, found];
      yield [{ ...scenario, [part]: Object.fromEntries(Object.entries(scenario[part]).filter(([k]) => k !== key)) }, found];
    }
  const last = structuredClone(found.map(({ way, ...rest }) => rest)).map((rest, i) => ({ ...rest, way: found[i].way }));
  last.at(-1).outcomes.at(-1).came = 'lost: on the way';
  yield [scenario, last];
}

// Throws, naming the way, when anything is other than the table says.
export function check(scenario, found) {
  const [first] = found;
  for (const { way, books, outcomes, messages } of found) {
    for (const part of Object.keys(parts))
      if (scenario[part] || always.includes(part))
        assert.deepEqual(rendered(part, books[part]), scenario[part] ?? {}, `${way.name}: ${part}`);
    for (const part of Object.keys(parts))
      if (!scenario.depends?.includes(part))
        assert.deepEqual(books[part], first.books[part], `${way.name}: ${part} are other than ${first.way.name}`);
    const wrong = outcomes.filter((step) => !matches(step, way))
      .map(({ type, id, outcome, came }) => `${type} ${id.replace(MARK, '')}: ${came}; expected ${outcome ?? 'handled'}`);
    assert.deepEqual(wrong, [], `${way.name}: outcomes`);
    if (scenario.messages && way === first.way)
      assert.deepEqual(messages, [...scenario.messages].sort(), `${way.name}: messages`);
  }
}
