// How fast are the pages when a million events are there (HK_EVENTS)?  Each line
// is one address, asked for so often (HK_REQUESTS, 200) by one logged in person
// over one kept connection to lighttpd, admin.fcgi behind it.  HTML is measured; then
// the same address is asked for its document, and what it lists must be what SQLite
// itself finds.  Then the whole log as CSV, with the memory it takes.  The events are
// written once and kept (lib/many.mjs).
import http from 'node:http';
import { Home } from '../e2e/lib/home.mjs';
import { Site } from '../e2e/lib/admin.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';
import { customers, fill } from './lib/many.mjs';
import { events, mb, median, memory, mustBe, peakReset, percentile, table } from './lib/bench.mjs';

const many = events(1000000), requests = Number(process.env.HK_REQUESTS ?? 200);
const at = (share) => Math.max(1, Math.floor(many * share));
const number = (n, digits) => String(n).padStart(digits, '0');

// The number of an invoice.paid, and whose it is, as lib/many.mjs makes them.
const some = at(0.4) - at(0.4) % 20 + 2;
const user = (n) => number(n * 7919 % customers, 14);
const done = "outcome = 'handled'";
const named = `id % ${customers} = ${some % customers} AND event_type <> 'customer.subscription.updated'`;

// [what, wanted ms, address, what SQL says of the events listed]
const lists = [
  ['first page', 20, '/events', 'true'],
  ['far back', 20, `/events?before=${at(0.25)}`, `id < ${at(0.25)}`],
  ['far back, upwards', 20, `/events?after=${at(0.25)}`, null],
  ['from: clerk', 20, '/events?provider=clerk', "provider = 'clerk'"],
  ['from: a sender without any', 20, '/events?provider=custom:none', 'false'],
  ['type', 20, '/events?type=user.updated', "event_type = 'user.updated'"],
  ['type: beginning', 20, '/events?type=email.*', "event_type LIKE 'email.%'"],
  ['type: no such beginning', 20, '/events?type=nothing.*', 'false'],
  ['status: failed', 20, '/events?status=failed', "status = 'failed'"],
  ['status: waiting', 20, '/events?status=waiting', 'waits_for IS NOT NULL'],
  ['status: pending', 20, '/events?status=pending', "status = 'pending' AND waits_for IS NULL"],
  ['status: processing', 20, '/events?status=processing', 'false'],
  ['status: completed', 20, '/events?status=completed', "status = 'completed'"],
  ['outcome: handled', 20, '/events?outcome=handled', done],
  ['outcome: skipped', 20, '/events?outcome=skipped', "outcome = 'skipped'"],
  ['outcome: resolved', 20, '/events?outcome=resolved', "outcome = 'resolved'"],
  ['since 1h', 20, '/events?since=1h', null],
  ['until 20 days ago', 20, '/events?until=20d', null],
  ['about a customer', 20, `/events?lane=cus_${user(some)}`, `lane = 'cus_${user(some)}'`],
  ['about nobody known', 20, '/events?lane=cus_nobody', 'false'],
  ['event id', 20, `/events?event_id=evt_${number(some, 12)}`, `id = ${some}`],
  ['secret', 20, '/events?secret=old', "secret_label = 'old'"],
  ['secret: no such', 20, '/events?secret=none', 'false'],
  ['mode: test', 20, '/events?livemode=test', 'livemode = 0'],
  ['from, failed, far back', 20, `/events?provider=resend&status=failed&before=${at(0.5)}`, `provider = 'resend' AND status = 'failed' AND id < ${at(0.5)}`],
  ['from, type, mode, outcome, 7d', 20, '/events?provider=stripe&type=invoice.*&livemode=test&outcome=handled&since=7d',
    `provider = 'stripe' AND event_type LIKE 'invoice.%' AND livemode = 0 AND ${done}`],
  ['type and text', 50, '/events?type=user.updated&q=verified', "event_type = 'user.updated'"],
  ['search: one customer', 50, `/search?q=ada${user(some)}`, named],
  ['search: one e-mail address', 50, `/search?q=ada${user(some)}@example.com`, named],
  ['search: one invoice', 50, `/search?q=in_${number(some, 12)}`, `id = ${some}`],
  ['search: frequent word', 50, '/search?q=bordeaux', "provider = 'stripe' AND event_type <> 'customer.subscription.updated'"],
  ['search: three frequent words', 50, '/search?q=bordeaux+studio+paid', "event_type = 'invoice.paid'"],
  ['search: frequent, never together', 50, '/search?q=bordeaux+firefox', 'false'],
  ['search: beginning of a word', 50, '/search?q=invo', null],
  ['search: no such word', 50, '/search?q=zanzibar', 'false'],
  ['value: an id', 50, `/events?path=data.object.id%3Din_${number(some, 12)}`, `id = ${some}`],
  ['value: no such', 50, '/events?path=data.object.id%3Din_none', 'false'],
];
const others = [
  ['search: our own number (goes there)', 20, `/search?q=%23${some}`],
  ['event page', 20, `/events/${some}`],
  ['event page, failed', 20, `/events/${997 * Math.floor(at(0.5) / 997) + 5}`],
  ['event page, raw', 20, `/events/${some}?show=raw`],
  ['retry of all failed, before it', null, '/events/retry?status=failed'],
  ['dashboard 1h', 100, '/dashboard?range=1h'], ['dashboard 24h', 100, '/dashboard'],
  ['dashboard 7d', 100, '/dashboard?range=7d'], ['dashboard 30d', 100, '/dashboard?range=30d'],
  ['quarantine', 20, '/quarantine'], ['event types', null, '/samples'], ['audit log', 20, '/audit-log'],
];

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
// { status, text, bytes, ms }; each(chunk): instead of text.
function get(url, cookie, { accept = 'text/html', each } = {}) {
  return new Promise((ok, fail) => {
    const began = process.hrtime.bigint(), parts = [];
    let bytes = 0;
    http.get(url, { agent, headers: { accept, cookie } }, (answer) => {
      answer.on('data', (d) => { bytes += d.length; each ? each(d) : parts.push(d); });
      answer.on('error', fail);
      answer.on('end', () => ok({ status: answer.statusCode, text: Buffer.concat(parts).toString(), bytes,
        ms: Number(process.hrtime.bigint() - began) / 1e6 }));
    }).on('error', fail);
  });
}

const home = new Home();
const site = new Site();
try {
  await fill(home, many);
  Object.assign(site, { home, passwords: {} });
  await site.person(`bench${process.pid}`, 'admin');
  const { child, socket } = await spawnFcgi(home, 'admin');
  site.web = await lighttpdFor(home, { '/admin': socket });
  const cookie = (await site.session(`bench${process.pid}`)).header();
  const measured = [];

  async function measure(what, wanted, where, status = 200) {
    const took = [];
    let answer;
    for (let n = -3; n < requests; n++) {	// the first few are not counted
      answer = await get(site.url(where), cookie);
      if (n >= 0) took.push(answer.ms);
    }
    mustBe(`${what}: status`, answer.status, status);
    const row = { what, median: median(took), p99: percentile(took, 0.99), kb: answer.bytes / 1000, wanted,
      late: wanted !== null && median(took) > wanted ? 'slow' : '' };
    measured.push(row);
    return row;
  }

  for (const [what, wanted, where, truth] of lists) {
    const row = await measure(what, wanted, where);
    const page = JSON.parse((await get(site.url(where), cookie, { accept: 'application/json' })).text);
    row.rows = page.rows.length;
    if (page.searched) row.to = page.searched.to;
    if (truth === null) continue;
    // Where it stopped before it had a whole page, it says how far it has looked.
    const should = truth === 'false' ? [] : home.sql(`SELECT id FROM event WHERE (${truth}) AND id >= ${page.searched?.to ?? 0} ORDER BY id DESC LIMIT 50`);
    mustBe(`${what}: what is listed`, page.rows.map((r) => r.id).join(), should.map((r) => r.id).join());
  }
  for (const [what, wanted, where] of others) await measure(what, wanted, where, where.startsWith('/search') ? 303 : 200);
  table('pages', `Pages with ${many} events: ${requests} requests of each over one connection`, [
    ['page', 'what'], ['median ms', 'median', 1], ['p99 ms', 'p99', 1], ['wanted', (r) => r.wanted ?? ''], ['', 'late'],
    ['KB', 'kb', 1], ['rows', (r) => r.rows ?? ''], ['stopped at', (r) => r.to ?? ''],
  ], measured);

  peakReset(child.pid);
  const before = memory(child.pid).now;
  let lines = 0, peak = before, bytes = 0;
  const csv = await get(site.url('/events.csv'), cookie, { each: (d) => {
    for (const byte of d) if (byte === 10) lines++;
    if (Math.floor(bytes / 1e6) !== Math.floor((bytes += d.length) / 1e6)) peak = Math.max(peak, memory(child.pid).now);
  } });
  mustBe('CSV: status', csv.status, 200);
  mustBe('CSV: lines', lines, many + 1);
  table('pages', 'The whole log as CSV', [
    ['events', 'events'], ['seconds', 'seconds', 1], ['MB', 'mb', 1], ['MB/s', (r) => r.mb / r.seconds, 1],
    ['memory before, MB', 'before'], ['most while it was sent, MB', 'peak'],
  ], [{ events: lines - 1, seconds: csv.ms / 1e3, mb: csv.bytes / 1e6, before: mb(before), peak: mb(Math.max(peak, memory(child.pid).peak)) }]);
} finally {
  agent.destroy();
  await home.close();
}
