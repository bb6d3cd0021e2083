// A hookkeeper of its own for a test: a folder with settings, fresh secrets, a
// database and copies of the programs, of the build or `from` another, all gone
// afterwards.  Everything runs as an ordinary user (www-data when that is root).
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const build = path.resolve(root, process.env.HK_BUILD ?? 'build');
export const shared = path.resolve(root, process.env.HK_SHARED ?? '../shared');

// Sanitizers are slower, and so may be a machine: time limits are multiplied.
export const slow = Number(process.env.HK_SLOW ?? (/san-/.test(build) ? 6 : 1));
export const sanitized = /san-/.test(build);
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

process.umask(0o022);	// what we lay down is for www-data to read
const nobody = process.getuid() === 0 ? { uid: 33, gid: 33 } : {};
const environment = () => {
  const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' };
  for (const name of ['ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS', 'LSAN_OPTIONS', 'TMPDIR'])
    if (process.env[name]) env[name] = process.env[name];
  return env;
};

export const randomId = (n = 24) => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from(randomBytes(n), (b) => letters[b % letters.length]).join('');
};
const svixSecret = () => `whsec_${randomBytes(24).toString('base64')}`;

// Wait for something to become true; returns it, or throws naming it.  what: a
// text, or what makes one of how things are then.  It is no measurement: how long
// it waits is for who stands at a busy machine.
const patience = 3;
export async function until(what, probe, limitMs = 10000) {
  const limit = limitMs * slow * patience, end = Date.now() + limit;
  for (let wait = 2; ; wait = Math.min(wait * 2, 100)) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${typeof what === 'function' ? what() : what}`);
    await sleep(wait);
  }
}

// What is to take less than limitMs does so in one of five tries at least: one may
// be held up by the machine, but what is slow is slow each time.
export async function quick(what, limitMs, run) {
  const took = [];
  do {
    const began = performance.now();
    await run();
    took.push(Math.round(performance.now() - began));
  } while (took.at(-1) >= limitMs * slow && took.length < 5);
  if (took.at(-1) >= limitMs * slow) throw new Error(`${what}: not in ${limitMs * slow} ms, but in ${took}`);
}

export class Home {
  constructor({ secrets = true, settings = {}, from = build } = {}) {
    if (!fs.existsSync(path.join(from, 'bin/hookkeeper'))) throw new Error(`nothing is built in ${from}: make`);
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hke2e-'));
    this.running = new Set();
    this.bin = path.join(this.dir, 'bin');
    this.db = path.join(this.dir, 'data', 'hookkeeper.db');
    this.conf = path.join(this.dir, 'hookkeeper.conf');
    this.log = path.join(this.dir, 'log');
    this.secret = {
      stripe: `whsec_${randomId(32)}`, clerk: svixSecret(), resend: svixSecret(),
    };
    for (const sub of ['bin', 'data', 'run', 'www']) fs.mkdirSync(path.join(this.dir, sub));
    for (const file of fs.readdirSync(path.join(from, 'cgi-bin')))
      if (file.endsWith('.fcgi'))
        fs.copyFileSync(path.join(from, 'cgi-bin', file), path.join(this.bin, file));
    fs.copyFileSync(path.join(from, 'bin/hookkeeper'), path.join(this.bin, 'hookkeeper'));
    // How a program whose environment was cleaned finds its settings.
    fs.writeFileSync(path.join(this.bin, 'hookkeeper.where'), `${this.conf}\n`);
    fs.writeFileSync(this.log, '');

    const all = {
      hookkeeper: { db: this.db, mode: 'test', ...settings.hookkeeper },
      stripe: { ...(secrets && { secrets: this.secret.stripe }), ...settings.stripe },
      clerk: { ...(secrets && { secrets: this.secret.clerk }), ...settings.clerk },
      resend: { ...(secrets && { secrets: this.secret.resend }), ...settings.resend },
      credits: { ...settings.credits },
      api: { ...settings.api },
      stream: { ...settings.stream },
      outbox: { ...settings.outbox },
    };
    this.write(this.conf, Object.entries(all).map(([section, rows]) =>
      `[${section}]\n${Object.entries(rows).map(([k, v]) => `${k} = ${v}\n`).join('')}`).join('\n'));
    fs.chmodSync(this.conf, 0o600);
    if (nobody.uid) this.give(this.dir);
  }

  give(what) {
    fs.lchownSync(what, nobody.uid, nobody.gid);
    if (fs.lstatSync(what).isDirectory())
      for (const entry of fs.readdirSync(what)) this.give(path.join(what, entry));
  }

  write(file, text) {
    fs.writeFileSync(file, text);
    if (nobody.uid) fs.chownSync(file, nobody.uid, nobody.gid);
  }

  folder(name) {
    const made = path.join(this.dir, name);
    fs.mkdirSync(made);
    if (nobody.uid) fs.chownSync(made, nobody.uid, nobody.gid);
    return made;
  }

  // A program of another build, where everybody may run it; its path.
  borrow(file, name) {
    const there = path.join(this.bin, name);
    fs.copyFileSync(file, there);
    return there;
  }

  // Start a program; its output goes to the home's log.  Stopped by close().
  // as: {} runs it as ourselves, for what lies where only we may look.
  start(command, args = [], { env = {}, stdio, as = nobody } = {}) {
    const log = fs.openSync(this.log, 'a');
    const child = spawn(command, args, {
      ...as, cwd: this.dir, env: { ...environment(), ...env },
      stdio: stdio ?? ['ignore', log, log],
    });
    fs.closeSync(log);
    child.gone = new Promise((done) => {
      const over = (code, signal) => {
        this.running.delete(child);
        done({ code, signal });
      };
      child.once('exit', over);
      child.on('error', (error) => {
        child.failed = error;
        if (child.pid === undefined) over(`${command}: ${error.code}`, null);	// it never ran
      });
    });
    this.running.add(child);
    return child;
  }

  // End a started program by its pid, hard if it does not listen.
  async stop(child, signal = 'SIGTERM') {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      const hard = setTimeout(() => child.kill('SIGKILL'), 8000 * slow);
      await child.gone;
      clearTimeout(hard);
    }
    return child.gone;
  }

  // Run the hookkeeper command to its end.
  hk(args, { input, env = {} } = {}) {
    const run = spawnSync(path.join(this.bin, 'hookkeeper'), args, {
      ...nobody, cwd: this.dir, env: { ...environment(), HOOKKEEPER_CONF: this.conf, ...env },
      input, encoding: 'utf8', timeout: 60000 * slow,
    });
    if (run.error) throw run.error;
    return { status: run.status, out: run.stdout, err: run.stderr };
  }

  // The body of an event, byte for byte: large ones are packed in the database.
  body(id) {
    const run = spawnSync(path.join(this.bin, 'hookkeeper'), ['events', 'show', String(id), '--raw'], {
      ...nobody, cwd: this.dir, env: { ...environment(), HOOKKEEPER_CONF: this.conf }, maxBuffer: 1 << 28,
    });
    if (run.error) throw run.error;
    if (run.status !== 0) throw new Error(`events show ${id}: ${run.stderr}`);
    return run.stdout;
  }

  // The same without holding up this process, for when it is the other side.
  async hkAsync(args, { env = {} } = {}) {
    const child = this.start(path.join(this.bin, 'hookkeeper'), args, {
      env: { HOOKKEEPER_CONF: this.conf, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '', err = '';
    child.stdout.on('data', (d) => { out += d; });
    child.stderr.on('data', (d) => { err += d; });
    const closed = new Promise((done) => child.once('close', done));
    const { code } = await child.gone;
    await closed;
    return { status: code, out, err };
  }

  worker(args = []) {
    return this.start(path.join(this.bin, 'hookkeeper'), ['worker', ...args], {
      env: { HOOKKEEPER_CONF: this.conf },
    });
  }

  // A token for /api/v1: { id, token }.
  token({ name = 'test', scopes = '*', rate, expires } = {}) {
    const run = this.hk(['token', 'create', '--json', '--name', name, '--scopes', scopes,
      ...(rate ? ['--rate', String(rate)] : []), ...(expires ? ['--expires', String(expires)] : [])]);
    if (run.status !== 0) throw new Error(`token create: ${run.err}`);
    return JSON.parse(run.out);
  }

  // Rows of a query, by SQLite's own shell, read only.
  sql(query) {
    const run = spawnSync('sqlite3', ['-json', '-readonly', '-cmd', '.timeout 10000', this.db, query], {
      ...nobody, env: environment(), encoding: 'utf8', maxBuffer: 1 << 28,
    });
    if (run.error) throw run.error;
    if (run.status !== 0) throw new Error(`sqlite3: ${run.stderr}${run.stdout}\n${query}`);
    return run.stdout.trim() === '' ? [] : JSON.parse(run.stdout);
  }

  // What a person with SQLite's shell does to the database; the rows that makes.
  change(script) {
    const run = spawnSync('sqlite3', ['-bail', '-json', '-cmd', '.timeout 20000', this.db], {
      ...nobody, env: environment(), encoding: 'utf8', input: script, maxBuffer: 1 << 28,
    });
    if (run.error) throw run.error;
    if (run.status !== 0) throw new Error(`sqlite3: ${run.stderr}\n${script.slice(0, 500)}`);
    return run.stdout.trim() === '' ? [] : JSON.parse(run.stdout);
  }

  one(query) {
    return Object.values(this.sql(query)[0] ?? {})[0];
  }

  // Nothing is due and nobody works: what is left waits for something or its time.
  // The time is the query's own: what is woken while it begins is due as well.
  settled(limitMs = 20000) {
    return until('every due event worked off', () =>
      this.one(`SELECT count(*) FROM event WHERE status = 'processing'
        OR (status = 'pending' AND next_attempt_at <= (julianday('now') - 2440587.5) * 86400e6 + 2000)`) === 0, limitMs);
  }

  logText() {
    return fs.readFileSync(this.log, 'utf8');
  }

  // A web server does not wait for its programs; the last of them may still make a file.
  async remove() {
    for (let tries = 0; ; tries++)
      try {
        return fs.rmSync(this.dir, { recursive: true, force: true });
      } catch (error) {
        if (tries === 40) throw error;
        await sleep(50);
      }
  }

  async close() {
    await Promise.all([...this.running].map((child) => this.stop(child)));
    const report = this.logText().match(/.*(ERROR: \w+Sanitizer|runtime error:).*/);
    if (process.env.HK_KEEP) console.log(`kept: ${this.dir}`);
    else await this.remove();
    if (report) throw new Error(`a sanitizer speaks: ${report[0]}`);
  }
}
