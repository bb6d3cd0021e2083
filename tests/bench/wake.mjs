// How long after an event was received it is handled: Clerk's user.created, one
// every 20 ms, HK_EVENTS (300) of them.  From created_at, taken when the receiver
// has read the request, to processed_at, taken by the handling transaction when
// all its effects are made, just before its commit; so it includes the commit of
// the event itself and the wake-up.
//
//	worker	a `hookkeeper worker` runs, the receiver wakes it
//	slice	none runs, the receiver works after its reply
import { Home, randomId, sleep, until } from '../e2e/lib/home.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';
import { clerkUser, send } from '../e2e/lib/senders.mjs';
import { events, median, mustBe, percentile, table } from './lib/bench.mjs';
import fs from 'node:fs';
import path from 'node:path';

const count = events(300);

async function latencies(by) {
  const home = new Home();
  try {
    if (by === 'worker') {
      home.worker();
      await until('the worker listens', () => fs.existsSync(path.join(home.dir, 'data', 'worker.sock')));
    }
    const web = await lighttpdFor(home, { '/clerk': (await spawnFcgi(home, 'clerk')).socket });
    const answers = [];
    for (let i = 0; i < count; i++) {
      answers.push(send(web.url('/clerk'), 'clerk', home.secret.clerk, clerkUser().body, { id: `msg_${randomId()}` }));
      await sleep(20);
    }
    mustBe('answers other than 200', (await Promise.all(answers)).filter((a) => a.status !== 200).length, 0);
    await home.settled();
    mustBe('events handled', home.one("SELECT count(*) FROM event WHERE outcome = 'handled'"), count);
    return home.sql('SELECT processed_at - created_at AS us FROM event').map((row) => row.us / 1000);
  } finally {
    await home.close();
  }
}

const rows = [];
for (const by of ['worker', 'slice']) {
  const ms = await latencies(by);
  rows.push({ by, events: count, p50_ms: median(ms), p99_ms: percentile(ms, 0.99), max_ms: Math.max(...ms) });
}
table('wake', 'From received to handled, one event every 20 ms', [
  ['by', 'by'], ['events', 'events'], ['p50 ms', 'p50_ms', 2], ['p99 ms', 'p99_ms', 2], ['max ms', 'max_ms', 2],
], rows);
