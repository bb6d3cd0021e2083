// Does a full database slow ingest down?  Events a second at 32 connections into
// a database that holds 10,000 events at the start of a round, against one that
// holds 1,000,000 (HK_EVENTS) at the start of the first.  Both are filled through
// the receiver; a round measures the one, then the other; the small one is made
// anew each round.  The file fits into the machine's memory.
import fs from 'node:fs';
import { Home } from '../e2e/lib/home.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';
import { allStored, allTaken, events, load, median, rounds, say, seconds, table } from './lib/bench.mjs';

const many = events(1000000), few = Math.min(10000, many);

async function filled(count) {
  const home = new Home();
  try {
    const web = await lighttpdFor(home, { '/stripe': (await spawnFcgi(home, 'stripe')).socket });
    const fill = await load({ url: web.url('/stripe'), secret: home.secret.stripe, connections: 64, count, bytes: 2048 });
    allTaken('filling', fill);
    return { home, web, taken: fill.requests, fill };
  } catch (error) {
    await home.close();
    throw error;
  }
}
async function measure(place) {
  const result = await load({ url: place.web.url('/stripe'), secret: place.home.secret.stripe, connections: 32, bytes: 2048 });
  allTaken('measuring', result);
  place.taken += result.requests;
  return result;
}

const runs = { small: [], large: [] };
say(`size: filling ${many}`);
const large = await filled(many);
try {
  for (let round = 1; round <= rounds; round++) {
    const small = await filled(few);
    try {
      runs.small.push(await measure(small));
      runs.large.push(await measure(large));
      allStored('the small one', small.home, small.taken);
    } finally {
      await small.home.close();
    }
    say(`size ${round}/${rounds}: ${Math.round(runs.small.at(-1).per_s)}/s, ${Math.round(runs.large.at(-1).per_s)}/s`);
  }
  allStored('the large one', large.home, large.taken);
    const of = (some, key) => median(some.map((r) => r[key]));
  const row = (stored, some) => ({
    stored, per_s: of(some, 'per_s'), p50_ms: of(some, 'p50_ms'), p99_ms: of(some, 'p99_ms'),
    ratio: median(some.map((r, i) => r.per_s / runs.small[i].per_s)),
  });
  table('size', `Ingest by size, 32 connections; medians of ${rounds} rounds of ${seconds} s`, [
    ['stored events', 'stored'], ['ingest/s', 'per_s'], ['ratio', 'ratio', 2], ['p50 ms', 'p50_ms', 2], ['p99 ms', 'p99_ms', 2],
  ], [row(few, runs.small), row(many, runs.large)]);
  console.log(`filled at ${Math.round(large.fill.per_s)}/s; ${large.taken} events take ${(fs.statSync(large.home.db).size / 1e9).toFixed(2)} GB`);
} finally {
  await large.home.close();
}
