// Resident memory (VmRSS, and its peak VmHWM) of a Stripe receiver with its default
// settings: a fresh process for each line, after its first event and after a load
// of HK_SECONDS; and of the worker, after the events of one load.
import { Home, sleep, until } from '../e2e/lib/home.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';
import { clerkUser } from '../e2e/lib/senders.mjs';
import { allStored, allTaken, load, mb, memory, mustBe, seconds, table } from './lib/bench.mjs';
import fs from 'node:fs';
import path from 'node:path';

const lines = [
  { what: 'receiver, one event', connections: 1, count: 1 },
  { what: 'receiver, 64 connections of 2 KB', connections: 64, bytes: 2048 },
  { what: 'receiver, 32 connections of 70 KB', connections: 32, bytes: 70 * 1024 },
];
const home = new Home();
try {
  const rows = [];
  let taken = 0;
  for (const { what, ...how } of lines) {
    const { child, socket } = await spawnFcgi(home, 'stripe');
    const web = await lighttpdFor(home, { '/stripe': socket });
    const result = await load({ url: web.url('/stripe'), secret: home.secret.stripe, ...how });
    allTaken(what, result);
    taken += result.requests;
    await sleep(500);
    const { now, peak } = memory(child.pid);
    rows.push({ what, events: result.requests, now, peak });
    await home.stop(web.child);
    await home.stop(child);
  }
  const worker = home.worker();
  await until('the worker listens', () => fs.existsSync(path.join(home.dir, 'data', 'worker.sock')));
  await sleep(500);
  rows.push({ what: 'worker, nothing to do', events: 0, ...memory(worker.pid) });
  const { child, socket } = await spawnFcgi(home, 'clerk');
  const web = await lighttpdFor(home, { '/clerk': socket });
  const template = path.join(home.dir, 'clerk.json');
  home.write(template, clerkUser('user_2bench{n}').body);
  const result = await load({ url: web.url('/clerk'), secret: home.secret.clerk, svix: true, template, count: 2000 });
  allTaken('clerk', result);
  await home.settled();
  rows.push({ what: 'worker, users made', events: result.requests, ...memory(worker.pid) });
  mustBe('the receiver runs', child.exitCode, null);
  allStored('memory', home, taken + result.requests);
  table('memory', `Resident memory, load of ${seconds} s`, [
    ['process', 'what'], ['events', 'events'], ['VmRSS MB', (row) => mb(row.now)], ['VmHWM MB', (row) => mb(row.peak)],
  ], rows);
} finally {
  await home.close();
}
