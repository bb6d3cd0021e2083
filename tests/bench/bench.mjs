// Durable ingest behind lighttpd, against a FastCGI program that does nothing:
// only the ratio carries over from machine to machine.  Rounds of the two are
// interleaved, medians shown.  HK_SECONDS, HK_ROUNDS, HK_CONNECTIONS change the
// measure, HK_BODY the size of an event.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Home, build, sleep } from '../e2e/lib/home.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';

const seconds = Number(process.env.HK_SECONDS ?? 4);
const rounds = Number(process.env.HK_ROUNDS ?? 3);
const connections = (process.env.HK_CONNECTIONS ?? '1 8 16 32 64').split(/\s+/).map(Number);
const bytes = Number(process.env.HK_BODY ?? 2048);

const load = (url, secret, count) => new Promise((done, fail) => {
  const child = spawn(path.join(build, 'bench/load'),
    ['-c', count, '-s', seconds, '-b', bytes, '-k', secret, url].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (d) => { out += d; });
  child.on('close', (code) => (code === 0 ? done(JSON.parse(out)) : fail(new Error(`load: exit ${code}`))));
});
// User and system time of a process so far, in microseconds.
const cpu = (pid) => {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10000;	// ticks of 10 ms
};
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const home = new Home();
try {
  fs.copyFileSync(path.join(build, 'bench/null'), path.join(home.bin, 'null'));
  const backends = {
    null: await spawnFcgi(home, 'null', { program: path.join(home.bin, 'null'), args: ['16'] }),
    stripe: await spawnFcgi(home, 'stripe'),
  };
  const web = await lighttpdFor(home, { '/null': backends.null.socket, '/stripe': backends.stripe.socket });
  const runs = [];
  for (let round = 1; round <= rounds; round++)
    for (const count of connections)
      for (const [name, { child }] of Object.entries(backends)) {
        const before = cpu(child.pid);
        const result = await load(web.url(`/${name}`), home.secret.stripe, count);
        await sleep(200);
        runs.push({ name, count, ...result, cpu_us: (cpu(child.pid) - before) / result.requests });
        process.stderr.write(`round ${round}/${rounds}: ${name}, ${count} connections: ${Math.round(result.per_s)}/s\n`);
      }

  const of = (name, count, key) => median(runs.filter((r) => r.name === name && r.count === count).map((r) => r[key]));
  console.log(`\nDurable ingest, ${bytes} bytes an event, lighttpd, medians of ${rounds} rounds of ${seconds} s`);
  console.log('connections   null/s  ingest/s  ratio   p50 ms   p99 ms   CPU us/event  (null)');
  for (const count of connections) {
    const [n, s] = [of('null', count, 'per_s'), of('stripe', count, 'per_s')];
    console.log([String(count).padStart(11), n.toFixed(0).padStart(8), s.toFixed(0).padStart(9),
      (s / n).toFixed(2).padStart(6), of('stripe', count, 'p50_ms').toFixed(2).padStart(8),
      of('stripe', count, 'p99_ms').toFixed(2).padStart(8), of('stripe', count, 'cpu_us').toFixed(0).padStart(14),
      `(${of('null', count, 'cpu_us').toFixed(0)})`.padStart(7)].join(' '));
  }
  const acknowledged = runs.filter((r) => r.name === 'stripe').reduce((sum, r) => sum + r.requests, 0);
  const wrong = runs.reduce((sum, r) => sum + r.refused + r.broken, 0);
  const stored = home.one('SELECT count(*) FROM event');
  console.log(`\n${acknowledged} acknowledged, ${stored} stored, ${wrong} refused or broken`);
  // What was in flight when a round ended is stored, though nobody waited for it.
  if (wrong > 0 || stored < acknowledged) process.exitCode = 1;
} finally {
  await home.close();
}
