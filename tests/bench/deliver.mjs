// How fast messages go out: `hookkeeper worker` with messages and endpoints that
// are there already, against sink.c on the same machine, from the first attempt to
// the last.  Messages are 200 bytes, signed by v1, over kept connections.
//
//	rate		1, 10 and 100 endpoints, answers at once or 20 ms later
//	backlog		1 endpoint with 10,000 and with 1,000,000 due deliveries; the
//			first 20,000 (10,000) of them are measured
//	many		10,000 endpoints, 5 messages that all of them want
//
// Fan-out is measured with the rest, but for the backlog, which is made by SQL.
// HK_EVENTS (60000): deliveries of a line.  HK_BACKLOG (1000000).
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { build, sleep } from '../e2e/lib/home.mjs';
import { Outgoing } from '../e2e/lib/outgoing.mjs';
import { cpu, events, mb, median, memory, mustBe, say, table } from './lib/bench.mjs';

const many = events(60000), backlog = Number(process.env.HK_BACKLOG ?? 1000000);
const rounds = Math.min(3, Number(process.env.HK_ROUNDS ?? 3));
const wanted = new RegExp(process.env.HK_LINES ?? '');
const payload = '{"user_id":"0190aaaa-0000-7000-8000-000000000001","amount":500,"balance":1200,"reason":"purchase","note":"bench"}';

async function sinkStart(delay_ms) {
  const child = spawn(path.join(build, 'bench/sink'), [String(delay_ms)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  const port = await new Promise((done) => child.stdout.on('data', (d) => {
    out += d;
    if (out.includes('\n')) done(Number(out.split('\n')[0]));
  }));
  return { port, stop: () => new Promise((done) => {
    child.on('close', () => done(JSON.parse(out.split('\n')[1])));
    child.kill('SIGTERM');
  }) };
}

// So many copies of the first endpoint, its secret sealed for each: by the command.
function endpoints(home, sink, count) {
  for (let n = 0; n < Math.min(count, 100); n++) home.endpoint(`http://127.0.0.1:${sink.port}/${n}`);
}

const numbers = (n) => `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${n})`;
const put = (home, n) => home.change(`${numbers(n)} INSERT INTO message (type, owner_kind, owner, payload, cause, created_at)
  SELECT 'bench.made', 'user', printf('u%d', i % 1000), '${payload}', printf('bench:%d', i), ${Date.now() * 1000} FROM n;`);

// Those that are due, as if handed over already.
function due(home, n) {
  put(home, n);
  home.change(`UPDATE fanout SET message = (SELECT max(id) FROM message);
    INSERT INTO delivery (endpoint, message, subject, status, due_at, created_at)
      SELECT 1, id, '', 'pending', created_at, created_at FROM message;`);
}

// The worker until `upto` are delivered; its figures.
async function run(home, upto) {
  const worker = home.worker();
  const left = `SELECT count(*) FROM (SELECT 1 FROM delivery_attempt LIMIT ${upto})`;
  const until = Date.now() + 90000;
  while (home.one(left) < upto && Date.now() < until) await sleep(100);
  const used = { cpu: cpu(worker.pid), peak: memory(worker.pid).peak };
  await home.stop(worker);
  const { first, last, n } = home.sql(`SELECT min(started_at) AS first, max(started_at + took_us) AS last, count(*) AS n
    FROM (SELECT started_at, took_us FROM delivery_attempt ORDER BY id LIMIT ${upto})`)[0];
  mustBe('attempts', n, upto);
  mustBe('attempts that were no success', home.one('SELECT count(*) FROM delivery_attempt WHERE good = 0'), 0);
  const all = home.one('SELECT count(*) FROM delivery_attempt');
  return { per_s: n / ((last - first) / 1e6), cpu_ms: used.cpu / 1000 / (all / 1000), peak_kb: used.peak };
}

async function measure(delay, count, prepare, upto) {
  const home = new Outgoing(), sink = await sinkStart(delay);
  try {
    endpoints(home, sink, count);
    prepare(home);
    spawnSync('sync');	// what was prepared is nobody's write any more
    const result = await run(home, upto);
    const heard = await sink.stop();
    return { ...result, connections: heard.connections, sink_ms: heard.cpu_s * 1e6 / heard.requests };
  } finally {
    await home.close();
  }
}

const lines = [0, 20].flatMap((delay) => [1, 10, 100].map((count) => ({ delay, count, runs: [] })));
if (wanted.test('rate')) {
  for (let round = 1; round <= rounds; round++)
    for (const line of lines) {
      const upto = line.delay > 0 ? Math.min(many, 20000) : many;
      line.runs.push(await measure(line.delay, line.count, (home) => put(home, Math.ceil(upto / line.count)), upto));
      say(`deliver ${round}/${rounds}: ${line.count} endpoints, ${line.delay} ms: ${Math.round(line.runs.at(-1).per_s)}/s`);
    }
  table('deliver', `Deliveries of ${many} (20,000 with a delay), medians of ${rounds} rounds`, [
    ['answer after ms', 'delay'], ['endpoints', 'count'], ['deliveries/s', 'per_s'], ['CPU ms/1,000', 'cpu_ms'], ['(of the sink)', 'sink_ms'],
    ['connections', 'connections'], ['peak RSS MB', (row) => mb(row.peak_kb)],
  ], lines.map(({ delay, count, runs }) => ({ delay, count, ...Object.fromEntries(['per_s', 'cpu_ms', 'sink_ms', 'connections', 'peak_kb']
    .map((key) => [key, median(runs.map((r) => r[key]))])) })));
}
if (wanted.test('backlog')) {
  const sizes = [10000, backlog].map((size) => ({ size, runs: [] }));
  for (let round = 1; round <= Math.min(rounds, 2); round++)
    for (const line of sizes) {
      line.runs.push(await measure(0, 1, (home) => due(home, line.size), Math.min(line.size, 20000)));
      say(`deliver ${round}: ${line.size} due: ${Math.round(line.runs.at(-1).per_s)}/s`);
    }
  table('deliver', 'A backlog: the first of them', [['due', 'size'], ['deliveries/s', 'per_s'], ['ratio', 'ratio', 2], ['CPU ms/1,000', 'cpu_ms'],
    ['peak RSS MB', (row) => mb(row.peak_kb)]], sizes.map(({ size, runs }) => ({
    size, per_s: median(runs.map((r) => r.per_s)), cpu_ms: median(runs.map((r) => r.cpu_ms)), peak_kb: median(runs.map((r) => r.peak_kb)),
    ratio: median(runs.map((r, i) => r.per_s / sizes[0].runs[i].per_s)) })));
}
if (wanted.test('endpoints')) {
  const lots = 10000;
  const result = await measure(0, 1, (home) => {
    home.change(`${numbers(lots)} INSERT INTO endpoint (channel, url, types, payload, state, state_at, heard_to, created_at, updated_at)
      SELECT channel, url, types, payload, state, state_at, heard_to, created_at, updated_at FROM endpoint, n WHERE id = 1 AND i > 1;
      INSERT INTO message (type, owner_kind, owner, payload, cause, created_at) SELECT 'bench.made', 'user', 'u', '{}', printf('b:%d', i), 1
      FROM (${numbers(5)} SELECT i FROM n);
      UPDATE endpoint SET types = 'bench.other' WHERE id > 1; UPDATE fanout SET message = (SELECT max(id) FROM message);
      INSERT INTO delivery (endpoint, message, subject, status, due_at, retry, created_at)
        SELECT e.id, m.id, 'u', 'pending', ${Date.now() * 1000 + 3600e6}, 1, 1 FROM endpoint e, message m WHERE e.id > 1;`);
    put(home, 20000);
  }, 20000);
  table('deliver', `One busy endpoint among ${lots} that wait for their retries`, [['endpoints', 'lots'], ['deliveries/s', 'per_s'],
    ['CPU ms/1,000', 'cpu_ms'], ['peak RSS MB', (row) => mb(row.peak_kb)]], [{ lots, ...result }]);
}
