// Burns of one credit by POST /api/v1/credits/burn behind lighttpd, each with an
// Idempotency-Key of its own (in order of time, as UUIDv7 are, or random), against a FastCGI program that does nothing (null.c)
// and is asked the same: only the ratio carries over from machine to machine.
//
// One api.fcgi with its default settings but for the rate limit, one user with all
// the credits that are wanted, a fresh database each round.  The null program and
// the interface are measured one right after the other; shown are medians over the
// rounds, of the ratio too.  HK_CONNECTIONS ("16 32") changes the lines.
import fs from 'node:fs';
import path from 'node:path';
import { Home, sleep } from '../e2e/lib/home.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';
import { allTaken, borrow, cpu, load, mb, median, memory, mustBe, peakReset, rounds, say, seconds, table } from './lib/bench.mjs';

const counts = (process.env.HK_CONNECTIONS ?? '16 32').split(/\s+/).map(Number);
const lines = counts.flatMap((connections) => [false, true].map((random) => ({ connections, random, null: [], api: [] })));
const credits = 1000000000;

async function ask(web, token, at, body) {
  const answer = await fetch(web.url(`/api/v1${at}`), {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${at}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function measure(web, at, pid, what) {
  peakReset(pid);
  const before = cpu(pid);
  const result = await load({ url: web.url(at), ...what });
  await sleep(200);	// the last answers
  return { ...result, cpu_us: (cpu(pid) - before) / result.requests, rss_kb: memory(pid).peak };
}

for (let round = 1; round <= rounds; round++) {
  const home = new Home({ settings: { api: { rate: 0 } } });
  try {
    const nothing = await spawnFcgi(home, 'null', { program: borrow(home, 'null'), args: ['16'] });
    const api = await spawnFcgi(home, 'api');
    const web = await lighttpdFor(home, { '/null': nothing.socket, '/api/v1': api.socket });
    const { token } = home.token();
    const user = await ask(web, token, '/users', { email: 'bench@example.org' });
    await ask(web, token, '/credits/grant', { user: user.id, amount: credits, note: 'bench' });
    const template = path.join(home.dir, 'burn.json');
    fs.writeFileSync(template, JSON.stringify({ user: user.id, amount: 1, note: 'bench {n}' }));
    let burned = 0;
    for (const line of lines) {
      const what = { token, template, connections: line.connections, random: line.random, first: 1e8 + burned * 2 };
      line.null.push(await measure(web, '/null', nothing.child.pid, what));
      line.api.push(await measure(web, '/api/v1/credits/burn', api.child.pid, what));
      burned += line.api.at(-1).requests;
      say(`burn ${round}/${rounds}: ${line.connections} connections, keys ${line.random ? 'random' : 'in order'}: ${Math.round(line.null.at(-1).per_s)}/s null, ` +
        `${Math.round(line.api.at(-1).per_s)}/s burned`);
    }
    // What was in flight when a line ended is burned too, though nobody waited.
    const gone = credits - home.one(`SELECT balance FROM account WHERE owner_kind = 'user' AND owner = '${user.id}'`);
    mustBe(`round ${round}: answered but not burned`, Math.max(0, burned - gone), 0);
    mustBe(`round ${round}: burned but never asked for`, Math.max(0, gone - burned - 2 * counts.reduce((a, b) => a + b)), 0);
  } finally {
    await home.close();
  }
}

const rows = lines.map(({ connections, random, ...runs }) => {
  const of = (name, key) => median(runs[name].map((r) => r[key]));
  allTaken(`${connections} connections`, [...runs.null, ...runs.api]);
  return {
    connections, keys: random ? 'random' : 'in order', rounds, seconds, null_per_s: of('null', 'per_s'), per_s: of('api', 'per_s'),
    ratio: median(runs.api.map((r, i) => r.per_s / runs.null[i].per_s)),
    p50_ms: of('api', 'p50_ms'), p99_ms: of('api', 'p99_ms'), cpu_us: of('api', 'cpu_us'), null_cpu_us: of('null', 'cpu_us'),
    rss_kb: Math.max(...runs.api.map((r) => r.rss_kb)),
  };
});
table('burn', `Burns of a credit, connections stay open; medians of ${rounds} rounds of ${seconds} s`, [
  ['connections', 'connections'], ['keys', 'keys'], ['null/s', 'null_per_s'], ['burns/s', 'per_s'], ['ratio', 'ratio', 2], ['p50 ms', 'p50_ms', 2],
  ['p99 ms', 'p99_ms', 2], ['CPU us/burn', 'cpu_us'], ['(null CPU)', 'null_cpu_us'], ['peak RSS MB', (row) => mb(row.rss_kb)],
], rows);
