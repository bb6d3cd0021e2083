// A database of very many events, as the pages would find it after a month: most
// are done, some failed, some wait.  SQLite's own shell writes the events in one
// go; what is derived from them, the worker makes.  Kept in the build folder, so
// that the next run has it at once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { build, root } from '../../e2e/lib/home.mjs';
import { mustBe, say } from './bench.mjs';

const usable_ms = 6 * 3600e3;	// the newest of its events are to be new
export const customers = 39999;	// no multiple of 20: each has events of all kinds

// Which of 20 events is which; {id}, {user}, {mail}, {amount}, {at} are its own.
const address = '"address":{"city":"Bordeaux","country":"FR","line1":"12 rue du Pas-Saint-Georges","line2":null,"postal_code":"33000","state":null}';
const stripe = (type, object) => `{"id":"evt_{id}","object":"event","api_version":"2025-03-31.basil","created":{at},"data":{"object":${object}},"livemode":true,"pending_webhooks":1,"request":{"id":"req_{id}","idempotency_key":null},"type":"${type}"}`;
const invoice = `{"id":"in_{id}","object":"invoice","account_country":"FR","account_name":"Example","amount_due":{amount},"amount_paid":{amount},"amount_remaining":0,"attempt_count":1,"attempted":true,"billing_reason":"subscription_cycle","collection_method":"charge_automatically","currency":"eur","customer":"cus_{user}",${address},"customer_email":"{mail}","customer_name":"Ada Example","hosted_invoice_url":"https://invoice.stripe.com/i/acct_1/{id}","lines":{"object":"list","data":[{"id":"il_{id}","object":"line_item","amount":{amount},"currency":"eur","description":"1 x Studio (at 29.00 / month)","quantity":1}],"has_more":false,"total_count":1},"number":"R{id}","paid":true,"status":"paid","subscription":"sub_{user}","total":{amount}}`;
const session = `{"id":"cs_live_{id}","object":"checkout.session","amount_total":{amount},"currency":"eur","customer":"cus_{user}","customer_details":{${address},"email":"{mail}","name":"Ada Example"},"metadata":{"credits":"500"},"mode":"payment","payment_intent":"pi_{id}","payment_status":"paid","status":"complete"}`;
const subscription = `{"id":"sub_{user}","object":"subscription","cancel_at_period_end":false,"collection_method":"charge_automatically","currency":"eur","customer":"cus_{user}","items":{"object":"list","data":[{"id":"si_{user}","object":"subscription_item","price":{"id":"price_studio","unit_amount":{amount}},"quantity":1}]},"latest_invoice":"in_{id}","status":"active"}`;
const clerk = `{"data":{"id":"user_{user}","object":"user","email_addresses":[{"id":"idn_{id}","object":"email_address","email_address":"{mail}","verification":{"status":"verified","strategy":"email_code"}}],"external_id":null,"first_name":"Ada","last_name":"Example","primary_email_address_id":"idn_{id}","public_metadata":{},"username":null},"event_attributes":{"http_request":{"client_ip":"192.0.2.7","user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0"}},"instance_id":"ins_FAKE","object":"event","timestamp":{at}000,"type":"user.updated"}`;
const mail = `{"type":"email.delivered","created_at":"2026-11-01T10:00:00.000Z","data":{"created_at":"2026-11-01T10:00:00.000Z","email_id":"00000000-0000-4000-8000-{id}","from":"Example <hello@example.net>","to":["{mail}"],"subject":"Your invoice is ready"}}`;
const kinds = [
  { upto: 8, provider: 'stripe', type: 'invoice.paid', lane: 'cus_', body: stripe('invoice.paid', invoice) },
  { upto: 11, provider: 'stripe', type: 'checkout.session.completed', lane: 'cus_', body: stripe('checkout.session.completed', session) },
  { upto: 14, provider: 'stripe', type: 'customer.subscription.updated', lane: 'cus_', body: stripe('customer.subscription.updated', subscription) },
  { upto: 17, provider: 'clerk', type: 'user.updated', lane: 'user_', body: clerk },
  { upto: 20, provider: 'resend', type: 'email.delivered', lane: '00000000-0000-4000-8000-', body: mail },
];

// What SQL makes of an event's number.  Customers are spread over the whole month.
const user = 'printf(\'%014d\', i * 7919 % ' + customers + ')';
const pick = (of) => `CASE ${kinds.map((kind) => `WHEN i % 20 < ${kind.upto} THEN ${of(kind)}`).join(' ')} END`;
const text = (s) => `'${s.replaceAll("'", "''")}'`;

function statements(count, now) {
  const month = 30 * 86400e6, step = Math.floor(month / count), from = now - step * count;
  const body = Object.entries({ id: "printf('%012d', i)", user, mail: `'ada' || ${user} || '@example.com'`,
    amount: "(i % 400 * 25 + 500)", at: '(at / 1000000)' }).reduce((s, [name, value]) => `replace(${s}, '{${name}}', ${value})`,
    pick((kind) => text(kind.body)));
  // Which end it had; those that are not done are few.
  const fate = `CASE WHEN i % 997 = 5 THEN 'failed' WHEN i % 4001 = 7 THEN 'resolved' WHEN i % 2003 = 9 THEN 'waiting'
    WHEN i > ${count} - 3000 AND i % 11 = 3 THEN 'pending' WHEN i % 20 = 12 THEN 'skipped' WHEN i % 20 = 13 THEN 'ignored' ELSE 'handled' END`;
  return `PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;
BEGIN;
CREATE TEMP TABLE made AS WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
  SELECT i, ${from} + i * ${step} AS at, ${fate} AS fate FROM n;
INSERT INTO event (id, provider, event_id, event_type, lane, status, outcome, reason, attempts, last_attempt_at,
    next_attempt_at, waits_for, error_message, signature, verified, secret_label, livemode, api_version, occurred_at,
    created_at, processed_at)
  SELECT i, ${pick((kind) => text(kind.provider))},
    CASE WHEN i % 20 < 14 THEN printf('evt_%012d', i) ELSE printf('msg_%012d', i) END,
    ${pick((kind) => text(kind.type))}, ${pick((kind) => `${text(kind.lane)} || ${kind.provider === 'resend' ? "printf('%012d', i)" : user}`)},
    CASE fate WHEN 'failed' THEN 'failed' WHEN 'waiting' THEN 'pending' WHEN 'pending' THEN 'pending' ELSE 'completed' END,
    CASE WHEN fate IN ('handled', 'skipped', 'ignored', 'resolved') THEN fate END,
    CASE fate WHEN 'resolved' THEN 'settled with the customer' WHEN 'skipped' THEN 'older than what is known' WHEN 'ignored' THEN 'nothing to do for this type' END,
    CASE fate WHEN 'failed' THEN 8 ELSE 1 END, at + 30000,
    CASE fate WHEN 'pending' THEN ${now + 3 * 86400e6} + i END,
    CASE fate WHEN 'waiting' THEN 'user:user_' || ${user} END,
    CASE fate WHEN 'failed' THEN 'the plan price_studio is in no table of plans' WHEN 'pending' THEN 'the database was busy' END,
    't=' || (at / 1000000) || ',v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd', 1,
    CASE WHEN i % 100 < 3 THEN 'old' ELSE 'main' END, CASE WHEN i % 20 < 14 THEN i % 200 <> 1 END,
    CASE WHEN i % 20 < 14 THEN '2025-03-31.basil' END, at - 400000, at,
    CASE WHEN fate IN ('handled', 'skipped', 'ignored', 'resolved') THEN at + 32000 END
  FROM made;
INSERT INTO event_body (event, headers, body)
  SELECT i, '{"content-type":"application/json; charset=utf-8","user-agent":"Stripe/1.0 (+https://stripe.com/docs/webhooks)","accept":"*/*"}', ${body} FROM made;
INSERT INTO attempt (event, started_at, duration_us, result, message)
  SELECT i, at + 20000 + i % 7000 * i % 13, 200 + i * 31 % 4000, CASE fate WHEN 'resolved' THEN 'failed' WHEN 'waiting' THEN 'wait' WHEN 'pending' THEN 'later' ELSE fate END,
    CASE fate WHEN 'failed' THEN 'the plan price_studio is in no table of plans' END FROM made;
INSERT INTO quarantine (provider, reason, detail, verified, shaped, event_id, event_type, remote_addr, fingerprint, size, headers, body, created_at, last_at)
  SELECT 'stripe', CASE WHEN i % 3 = 0 THEN 'no_match' ELSE 'too_old' END, 'No configured secret signs this.', 0, 1, printf('evt_refused%06d', i),
    'invoice.paid', '192.0.2.' || i % 250, printf('%064d', i), 17, '{}', '{"id":"evt_bad"}', ${now} - i * 1000000, ${now} - i * 1000000
  FROM made WHERE i <= 1000;
INSERT INTO refusal_count (provider, reason, hour, times)
  SELECT 'stripe', CASE WHEN i % 2 THEN 'no_match' ELSE 'too_old' END, (${now} / 3600000000 - i) * 3600000000, i * 7 % 90 + 1 FROM made WHERE i <= 720;
INSERT INTO secret_use (provider, label, first_at, last_at) VALUES ('stripe', 'main', ${from}, ${now}), ('stripe', 'old', ${from}, ${now});
COMMIT;
PRAGMA journal_mode = WAL;`;
}

// Everything that makes another database of it.
function cached(count) {
  const hash = createHash('sha256').update(statements(count, 0));
  for (const name of fs.readdirSync(path.join(root, 'schema')).sort()) hash.update(fs.readFileSync(path.join(root, 'schema', name)));
  return path.join(build, 'bench', `many-${count}-${hash.digest('hex').slice(0, 12)}.db`);
}

// Writes the events into home's database, which nobody may have open.
export function write(home, count) {
  const made = home.hk(['worker', '--once']);	// the tables
  if (made.status !== 0) throw new Error(`worker --once: ${made.err}`);
  const run = spawnSync('sqlite3', ['-bail', home.db], { input: statements(count, Date.now() * 1000), encoding: 'utf8', maxBuffer: 1 << 20 });
  if (run.status !== 0) throw new Error(`sqlite3: ${run.stderr}`);
  if (process.getuid() === 0) home.give(path.dirname(home.db));
}

// Makes home's database one of so many events, indexed and counted.
export async function fill(home, count) {
  const kept = cached(count);
  if (fs.existsSync(kept) && Date.now() - fs.statSync(kept).mtimeMs < usable_ms) {
    fs.copyFileSync(kept, home.db, fs.constants.COPYFILE_FICLONE);
    if (process.getuid() === 0) home.give(home.db);
    return;
  }
  for (const name of fs.readdirSync(path.dirname(kept)))
    if (/^many-.*\.db$/.test(name)) fs.rmSync(path.join(path.dirname(kept), name));
  let began = Date.now();
  write(home, count);
  say(`pages: ${count} events written in ${((Date.now() - began) / 1e3).toFixed(0)} s`);
  began = Date.now();
  // It ends after some time, however much is left to do.
  const last = { counted_attempts: 'attempt', counted_deliveries: 'delivery_attempt', counted_transfers: 'transfer',
    counted_mails: 'email_history' };
  const left = () => home.sql('SELECT name, value FROM mark').filter(({ name, value }) =>
    value < home.one(`SELECT coalesce(max(id), 0) FROM ${last[name] ?? 'event'}`)).length;
  for (let round = 0; round < 100 && left() > 0; round++) mustBe('worker --once', (await home.hkAsync(['worker', '--once'])).status, 0);
  if (left() > 0) throw new Error('the worker does not come to the end of the events');
  say(`pages: indexed and counted in ${((Date.now() - began) / 1e3).toFixed(0)} s`);
  spawnSync('sqlite3', [home.db, 'PRAGMA wal_checkpoint(TRUNCATE)']);
  if (process.getuid() === 0) home.give(path.dirname(home.db));
  fs.copyFileSync(home.db, kept);
}
