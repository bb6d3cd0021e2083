// What the measures share: settings, the load generator, a process's figures,
// tables.  HK_SECONDS and HK_ROUNDS change how long each one measures; HK_JSON
// names a file that gets a line of JSON for every row of every table.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build } from '../../e2e/lib/home.mjs';

export const seconds = Number(process.env.HK_SECONDS ?? 3);
export const rounds = Number(process.env.HK_ROUNDS ?? 5);
// HK_EVENTS: another number of events for those that fill a database.
export const events = (usual) => Number(process.env.HK_EVENTS ?? usual);

export const say = (text) => process.stderr.write(`${text}\n`);
export const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
export const percentile = (numbers, p) => sorted(numbers)[Math.floor((numbers.length - 1) * p)];
export const median = (numbers) => percentile(numbers, 0.5);

// One run of tests/bench/load.c; resolves to what it printed.
export function load({ url, secret, connections = 32, forSeconds = seconds, count, bytes, once, svix, template, first, token, random }) {
  const args = ['-c', connections, ...(token ? ['-a', token, ...(random ? ['-r'] : [])] : ['-k', secret]),
    ...(count ? ['-n', count] : ['-s', forSeconds]), ...(bytes ? ['-b', bytes] : []), ...(once ? ['-1'] : []),
    ...(svix ? ['-p', 'svix'] : []), ...(template ? ['-t', template] : []), ...(first ? ['-f', first] : []), url];
  return new Promise((done, fail) => {
    const child = spawn(path.join(build, 'bench/load'), args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (d) => { out += d; });
    child.on('error', fail);
    child.on('close', (code) => (code === 0 ? done(JSON.parse(out)) : fail(new Error(`load: exit ${code}`))));
  });
}

// A program of bench/ where the home's user may run it.
export function borrow(home, name, from = build) {
  return home.borrow(path.join(from, 'bench', name), name);
}

// User and system time of a process so far, in microseconds.
export function cpu(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10000;	// ticks of 10 ms
}

// Resident memory in KB: now, and the most since the start or peakReset().
export function memory(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
  return { now: field('VmRSS'), peak: field('VmHWM') };
}
export const peakReset = (pid) => fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');

export const mb = (kb) => (kb / 1024).toFixed(1);

// rows: objects; columns: [title, key or function of the row, decimals].
// Names are to the left, numbers to the right.
export function table(bench, title, columns, rows) {
  const text = (row, [, of, digits]) => {
    const value = typeof of === 'function' ? of(row) : row[of];
    return typeof value === 'number' ? value.toFixed(digits ?? 0) : String(value ?? '');
  };
  const cells = rows.map((row) => columns.map((column) => text(row, column)));
  const width = columns.map(([head], i) => Math.max(head.length, ...cells.map((line) => line[i].length)));
  const right = columns.map((_, i) => cells.every((line) => /^[-\d.x]*$/.test(line[i])));
  const line = (words) => words.map((word, i) => (right[i] ? word.padStart(width[i]) : word.padEnd(width[i]))).join('  ').trimEnd();
  console.log(`\n${title}\n${line(columns.map(([head]) => head))}`);
  for (const words of cells) console.log(line(words));
  if (process.env.HK_JSON)
    for (const row of rows) fs.appendFileSync(process.env.HK_JSON, `${JSON.stringify({ bench, title, ...row })}\n`);
}

// Slow is no failure; this is.
export function mustBe(what, is, should) {
  if (is === should) return;
  console.log(`WRONG: ${what}: ${is}, not ${should}`);
  process.exitCode = 1;
}

// Results of load: nothing was refused or broken.
export function allTaken(what, results) {
  mustBe(`${what}: refused or broken`, [results].flat().reduce((sum, r) => sum + r.refused + r.broken, 0), 0);
}

// Everything acknowledged is stored.  What was in flight when a round ended is
// stored too, though nobody waited for its answer.
export function allStored(what, home, acknowledged) {
  const stored = home.one('SELECT count(*) FROM event');
  mustBe(`${what}: acknowledged but not stored`, Math.max(0, acknowledged - stored), 0);
  return stored;
}
