// A slower disk: each fsync and fdatasync takes 2 ms longer (HK_SYNC_US), by
// slowsync.c preloaded into dynamically linked programs (make STATIC=).
//
//	ingest		events a second at 32 connections, one receiver, with and
//			without the delay, in turns
//	receivers	8 processes on one database, each with its own 4 connections:
//			the longest time a sender waited for an answer; each has taken
//			an event before, for eight that open the database at once wait
//			for the processors more than for each other
//	turns		8 processes that only write (turn.c): the longest wait of any
//			for its turn, and how evenly the turns are dealt
import fs from 'node:fs';
import path from 'node:path';
import { build, Home } from '../e2e/lib/home.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';
import { allStored, allTaken, borrow, load, median, mustBe, rounds, say, seconds, table } from './lib/bench.mjs';

const dynamic = path.join(build, 'dynamic');
const delay = Number(process.env.HK_SYNC_US ?? 2000);
const processes = 8;
if (!fs.existsSync(path.join(dynamic, 'bench/turn')))
  throw new Error(`nothing is built in ${dynamic}: make B=${dynamic} STATIC= programs bench-programs`);

// What a program is started with, so that its syncs are slower.
const slower = (home, us) => ({ LD_PRELOAD: borrow(home, 'slowsync.so', dynamic), SLOWSYNC_US: String(us) });

// Ingest by count receivers on one database; resolves to load's results.
async function ingest(us, count, connections) {
  const home = new Home({ from: dynamic });
  try {
    const env = slower(home, us), places = {};
    for (let i = 0; i < count; i++) places[`/stripe${i}/`] = (await spawnFcgi(home, 'stripe', { env })).socket;
    const web = await lighttpdFor(home, places);
    const first = [];
    for (const place of Object.keys(places))
      first.push(await load({ url: web.url(place), secret: home.secret.stripe, connections: 1, count: 1, bytes: 2048 }));
    allTaken(`${count} receivers, begun`, first);
    const results = await Promise.all(Object.keys(places).map((place) =>
      load({ url: web.url(place), secret: home.secret.stripe, connections, bytes: 2048 })));
    allTaken(`${count} receivers`, results);
    allStored(`${count} receivers`, home, [...first, ...results].reduce((sum, r) => sum + r.requests, 0));
    return results;
  } finally {
    await home.close();
  }
}

async function turns(us) {
  const home = new Home({ from: dynamic });
  try {
    const child = home.start(borrow(home, 'turn', dynamic), ['-p', String(processes), '-s', String(seconds), home.db],
      { env: slower(home, us), stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (d) => { out += d; });
    const closed = new Promise((done) => child.once('close', done));
    await child.gone;
    await closed;
    const result = JSON.parse(out);
    mustBe('processes that failed', result.failed, 0);
    const commits = result.processes.map((p) => p.commits);
    mustBe('commits that are not there', home.one("SELECT sum(times) FROM refusal_count WHERE provider = 'turn'"),
      commits.reduce((a, b) => a + b, 0));
    return {
      per_s: commits.reduce((a, b) => a + b, 0) / seconds, fewest: Math.min(...commits), most: Math.max(...commits),
      longest_ms: Math.max(...result.processes.map((p) => p.longest_ms)), mean_ms: median(result.processes.map((p) => p.mean_ms)),
    };
  } finally {
    await home.close();
  }
}

const delays = [0, delay];
const runs = new Map(delays.map((us) => [us, { one: [], eight: [], turns: [] }]));
for (let round = 1; round <= rounds; round++)
  for (const us of delays) {
    const run = runs.get(us);
    run.one.push((await ingest(us, 1, 32))[0]);
    run.eight.push(await ingest(us, processes, 4));
    run.turns.push(await turns(us));
    say(`sync ${round}/${rounds}: +${us} us: ${Math.round(run.one.at(-1).per_s)}/s, longest turn ${run.turns.at(-1).longest_ms} ms`);
  }

const rows = (what) => delays.map((us) => ({ delay_us: us, runs: runs.get(us)[what] }));
const plus = ['each sync + us', 'delay_us'];
const of = (some, key) => median(some.map((r) => r[key]));
const longest = (some, key) => Math.max(...some.map((r) => r[key]));
const note = `${rounds} rounds of ${seconds} s`;
table('sync', `Ingest, one receiver, 32 connections; medians of ${note}`, [
  plus, ['ingest/s', 'per_s'], ['p50 ms', 'p50_ms', 2], ['p99 ms', 'p99_ms', 2],
], rows('one').map(({ delay_us, runs }) => ({ delay_us, per_s: of(runs, 'per_s'), p50_ms: of(runs, 'p50_ms'), p99_ms: of(runs, 'p99_ms') })));
table('sync', `${processes} receivers on one database, 4 connections each; rates are medians, waits the longest of ${note}`, [
  plus, ['ingest/s', 'per_s'], ['slowest/s', 'fewest', 1], ['fastest/s', 'most', 1], ['longest p99 ms', 'p99_ms', 1], ['longest wait ms', 'max_ms', 1],
], rows('eight').map(({ delay_us, runs }) => ({
  delay_us, per_s: median(runs.map((some) => some.reduce((sum, r) => sum + r.per_s, 0))),
  fewest: median(runs.map((some) => Math.min(...some.map((r) => r.per_s)))),
  most: median(runs.map((some) => longest(some, 'per_s'))),
  p99_ms: longest(runs.flat(), 'p99_ms'), max_ms: longest(runs.flat(), 'max_ms'),
})));
table('sync', `${processes} writers on one database, one row a transaction; rates are medians, the wait the longest of ${note}`, [
  plus, ['commits/s', 'per_s'], ['fewest', 'fewest'], ['most', 'most'], ['mean wait ms', 'mean_ms', 2], ['longest wait ms', 'longest_ms', 1],
], rows('turns').map(({ delay_us, runs }) => ({
  delay_us, per_s: of(runs, 'per_s'), fewest: of(runs, 'fewest'), most: of(runs, 'most'),
  mean_ms: of(runs, 'mean_ms'), longest_ms: longest(runs, 'longest_ms'),
})));
