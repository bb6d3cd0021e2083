// Listeners of stream.fcgi behind lighttpd: what idle ones cost, and how soon they
// hear.
//
//	idle	memory with so many, and processor time over HK_SECONDS (20) of nothing
//	heard	HK_EVENTS (300) messages, one every 20 ms and a bit, for one of 200
//		listeners: from the beginning of the writer's transaction to the ear
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Home, sleep, until } from '../e2e/lib/home.mjs';
import { listen, roomToken } from '../e2e/lib/listen.mjs';
import { clerkUser, send } from '../e2e/lib/senders.mjs';
import { lighttpd } from '../e2e/lib/servers.mjs';
import { cpu, events, mb, median, memory, mustBe, percentile, table } from './lib/bench.mjs';

const idleSeconds = Number(process.env.HK_SECONDS ?? 20), count = events(300);
const key = randomBytes(32).toString('base64');
const home = new Home({ settings: { hookkeeper: { key }, stream: { listeners: 600 } } });

const running = (program) => Number(fs.readdirSync('/proc').find((pid) => {
  try { return fs.readlinkSync(`/proc/${pid}/exe`) === program; } catch { return false; }
}));

try {
  const web = await lighttpd(home), user = {};
  const room = (name) => web.url(`/stream?token=${roomToken(key, user[name])}`);
  const crowd = Array.from({ length: 10 }, (_, i) => `quiet${i}`);	// one user has no more than a share
  for (const name of ['busy', ...crowd]) {
    await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, clerkUser(`user_${name}`).body);
    user[name] = await until('the user', () => home.one(`SELECT id FROM site_user WHERE clerk_id = 'user_${name}'`));
  }
  const pid = running(path.join(home.bin, 'stream.fcgi'));
  const ears = [], idle = [];
  for (const listeners of [0, 200, 500]) {
    while (ears.length < listeners) ears.push(await listen(room(crowd[ears.length % 10])));
    mustBe('listeners that were taken', ears.filter((ear) => ear.status === 200).length, listeners);
    await sleep(1000);
    const before = [cpu(pid), cpu(web.child.pid)], since = performance.now();
    await sleep(idleSeconds * 1000 * (listeners === 200 ? 1 : 0.5));
    const us = (performance.now() - since) * 1000;
    idle.push({ listeners, now: memory(pid).now, stream: (100 * (cpu(pid) - before[0])) / us, web: (100 * (cpu(web.child.pid) - before[1])) / us });
  }
  while (ears.length > 200) ears.pop().cut();
  table('stream', `Idle listeners, ${idleSeconds} s`, [
    ['listeners', 'listeners'], ['VmRSS MB', (row) => mb(row.now)], ['CPU of stream.fcgi %', 'stream', 2], ['of lighttpd %', 'web', 2],
  ], idle);

  const late = [], ear = await listen(room('busy'), {
    onEvent: (event) => late.push(performance.timeOrigin + performance.now() - JSON.parse(event.data).at),
  });
  await until('its place', () => ear.parser.last);
  const pen = home.start('sqlite3', ['-cmd', '.timeout 10000', home.db], { stdio: ['pipe', 'ignore', 'inherit'] });
  for (let i = 0; i < count; i++) {
    pen.stdin.write(`INSERT INTO message (type, owner_kind, owner, payload, cause, created_at) VALUES ('credits_granted', 'user',
      '${user.busy}', json_object('at', (julianday('now') - 2440587.5) * 86400000.0), 'bench:${i}', ${Date.now() * 1000});\n`);
    await sleep(20 + Math.random() * 15);
  }
  pen.stdin.end();
  await pen.gone;
  await sleep(1000);
  mustBe('messages heard', late.length, count);
  table('stream', 'From a transaction to the ear, one of 201 listeners', [
    ['messages', 'messages'], ['p50 ms', 'p50', 1], ['p99 ms', 'p99', 1], ['max ms', 'max', 1],
  ], [{ messages: count, p50: median(late), p99: percentile(late, 0.99), max: Math.max(...late) }]);
} finally {
  await home.close();
}
