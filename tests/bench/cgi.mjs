// Plain CGI, as on shared hosting without FastCGI: from posix_spawn() to the first
// byte of the answer, and to the end of the process, for a signed Stripe event
// of 2 KB that is durable when it is answered.  Started by spawn.c, without a web
// server; in turns with a static program that only answers (empty.c), which is
// what any start costs.  Settings are found by the file beside the program.
//
//	alone	nobody else has the database open: each start opens it first and
//		closes it last, and copies the log back
//	held	a receiver has it open
//
// HK_STARTS (300) of each, in blocks that alternate.
import { Home } from '../e2e/lib/home.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';
import { borrow, load, median, mustBe, percentile, rounds, say, table } from './lib/bench.mjs';
import path from 'node:path';

const starts = Number(process.env.HK_STARTS ?? 300);
const block = Math.ceil(starts / rounds);

// [{ program: 0|1, first, end, status }]
async function started(home, programs) {
  const child = home.start(borrow(home, 'spawn'), ['-n', String(block), '-b', '2048', '-k', home.secret.stripe, ...programs],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (d) => { out += d; });
  const closed = new Promise((done) => child.once('close', done));
  mustBe('spawn ended with', (await child.gone).code, 0);
  await closed;
  return out.trim().split('\n').map((line) => {
    const [program, first, end, status] = line.split(' ').map(Number);
    return { program, first, end, status };
  });
}

const home = new Home();
const runs = { held: [], alone: [] };
try {
  const programs = [path.join(home.bin, 'stripe.fcgi'), borrow(home, 'empty')];
  for (let round = 1; round <= rounds; round++) {
    const holder = await spawnFcgi(home, 'stripe');
    const web = await lighttpdFor(home, { '/stripe': holder.socket });
    await load({ url: web.url('/stripe'), secret: home.secret.stripe, connections: 1, count: 1 });	// makes it, the first time	// it has it open now
    runs.held.push(...await started(home, programs));
    await home.stop(web.child);
    await home.stop(holder.child);
    runs.alone.push(...await started(home, programs));
    say(`cgi ${round}/${rounds}`);
  }
  const all = [...runs.alone, ...runs.held];
  mustBe('starts without the answer 200', all.filter((r) => r.status !== 200).length, 0);
  mustBe('events stored', home.one('SELECT count(*) FROM event'), all.filter((r) => r.program === 0).length + rounds);

  const row = (what, database, some) => ({
    what, database, starts: some.length,
    first_ms: median(some.map((r) => r.first)) / 1000, first_p99_ms: percentile(some.map((r) => r.first), 0.99) / 1000,
    end_ms: median(some.map((r) => r.end)) / 1000, end_p99_ms: percentile(some.map((r) => r.end), 0.99) / 1000,
  });
  table('cgi', 'Plain CGI, 2 KB Stripe event, durable: ms from posix_spawn()', [
    ['program', 'what'], ['database', 'database'], ['starts', 'starts'], ['first byte', 'first_ms', 2], ['p99', 'first_p99_ms', 2],
    ['end', 'end_ms', 2], ['p99', 'end_p99_ms', 2],
  ], Object.entries(runs).flatMap(([database, some]) => [
    row('stripe.fcgi', database, some.filter((r) => r.program === 0)),
    row('empty', database, some.filter((r) => r.program === 1)),
  ]));
} finally {
  await home.close();
}
