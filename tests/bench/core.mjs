// Durable ingest behind lighttpd, against a FastCGI program that does nothing
// (null.c): only the ratio carries over from machine to machine.
//
// One receiver process with its default settings, Stripe events that nothing
// follows from, a fresh database each round.  For every line the null program and
// the receiver are measured one right after the other; shown are medians over the
// rounds, of the ratio too; of memory the most.  Once with connections that stay
// open, once with a new one for each event.
//
// HK_CONNECTIONS ("1 8 16 32 64") and HK_BODY (bytes of an event) change the
// lines; without HK_BODY there are events of 2 KB, and of 70 KB at 32 connections.
import { Home, sleep } from '../e2e/lib/home.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';
import { allStored, allTaken, borrow, cpu, load, mb, median, memory, peakReset, rounds, say, seconds, table } from './lib/bench.mjs';

const counts = (process.env.HK_CONNECTIONS ?? '1 8 16 32 64').split(/\s+/).map(Number);
const bytes = Number(process.env.HK_BODY ?? 2048);
const sizes = counts.map((connections) => ({ connections, bytes }));
if (!process.env.HK_BODY) sizes.push({ connections: 32, bytes: 70 * 1024 });
const lines = [false, true].flatMap((once) => sizes.map((size) => ({ ...size, once, null: [], stripe: [] })));

async function measure(web, home, name, pid, { once, connections, bytes }) {
  peakReset(pid);
  const before = cpu(pid);
  const result = await load({ url: web.url(`/${name}`), secret: home.secret.stripe, connections, bytes, once });
  await sleep(200);	// the last answers
  return { ...result, cpu_us: (cpu(pid) - before) / result.requests, rss_kb: memory(pid).peak };
}

for (let round = 1; round <= rounds; round++) {
  const home = new Home();
  try {
    const backends = {
      null: await spawnFcgi(home, 'null', { program: borrow(home, 'null'), args: ['16'] }),
      stripe: await spawnFcgi(home, 'stripe'),
    };
    const web = await lighttpdFor(home, { '/null': backends.null.socket, '/stripe': backends.stripe.socket });
    for (const line of lines) {
      for (const name of ['null', 'stripe'])
        line[name].push(await measure(web, home, name, backends[name].child.pid, line));
      say(`core ${round}/${rounds}: ${line.once ? 'one each' : 'kept'}, ${line.connections} connections, ${line.bytes} bytes: ` +
        `${Math.round(line.null.at(-1).per_s)}/s null, ${Math.round(line.stripe.at(-1).per_s)}/s stored`);
    }
    allStored(`round ${round}`, home, lines.reduce((sum, line) => sum + line.stripe.at(-1).requests, 0));
  } finally {
    await home.close();
  }
}

const rows = lines.map(({ connections, bytes, once, ...runs }) => {
  const of = (name, key) => median(runs[name].map((r) => r[key]));
  allTaken(`${connections} connections`, [...runs.null, ...runs.stripe]);
  return {
    connections, bytes, once, rounds, seconds,
    null_per_s: of('null', 'per_s'), per_s: of('stripe', 'per_s'),
    ratio: median(runs.stripe.map((r, i) => r.per_s / runs.null[i].per_s)),
    p50_ms: of('stripe', 'p50_ms'), p99_ms: of('stripe', 'p99_ms'), null_p99_ms: of('null', 'p99_ms'),
    max_ms: Math.max(...runs.stripe.map((r) => r.max_ms)), null_max_ms: Math.max(...runs.null.map((r) => r.max_ms)),
    cpu_us: of('stripe', 'cpu_us'), null_cpu_us: of('null', 'cpu_us'), rss_kb: Math.max(...runs.stripe.map((r) => r.rss_kb)),
  };
});
const columns = [
  ['connections', 'connections'], ['bytes', 'bytes'], ['null/s', 'null_per_s'], ['ingest/s', 'per_s'], ['ratio', 'ratio', 2],
  ['p50 ms', 'p50_ms', 2], ['p99 ms', 'p99_ms', 2], ['(null p99)', 'null_p99_ms', 2],
  ['CPU us/event', 'cpu_us'], ['(null CPU)', 'null_cpu_us'], ['peak RSS MB', (row) => mb(row.rss_kb)],
];
table('core', `Durable ingest, connections stay open; medians of ${rounds} rounds of ${seconds} s`, columns, rows.filter((row) => !row.once));
table('core', `Durable ingest, a new connection for each event; medians of ${rounds} rounds of ${seconds} s`, columns, rows.filter((row) => row.once));
