// kill -9 of receivers and worker, at random, again and again, while senders send
// and repeat until they are acknowledged.  Then every event is there once, and
// so is every effect.  HK_SEED=... repeats a run's choices.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { Home, sanitized, sleep, slow } from './lib/home.mjs';
import { lighttpd } from './lib/servers.mjs';
import { sendUntilTaken } from './lib/senders.mjs';
import { assertTold, random, seed, story } from './lib/story.mjs';

const EVENTS = Number(process.env.HK_EVENTS ?? (sanitized ? 1000 : 5000));
const SENDERS = 32;

// Living processes that a parent started, and theirs.
function descendants(parent) {
  const children = new Map();
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      if (fields[0] !== 'Z') children.set(Number(pid), Number(fields[1]));
    } catch { /* it ended while we looked */ }
  return [...children].filter(([, above]) => above === parent).map(([pid]) => pid);
}

test(`kill -9 at random during ${EVENTS} events: all there once, all done once`, { timeout: (60000 + EVENTS * 48) * slow }, async (t) => {
  t.diagnostic(`HK_SEED=${seed}`);
  const rnd = random(seed);
  const home = new Home({ settings: { hookkeeper: { lease: 5 } } });
  try {
    const told = story(rnd, EVENTS), { events } = told;
    const web = await lighttpd(home, { processes: 2 });
    let going = true, worker, kills = { receiver: 0, worker: 0 };
    const supervisor = (async () => {	// as systemd would
      while (going) {
        worker = home.worker();
        await worker.gone;
        await sleep(100);
      }
    })();
    const reaper = (async () => {
      while (going) {
        await sleep(40 + rnd() * 260);
        if (!going) break;
        if (rnd() < 0.25) {
          if (worker.kill('SIGKILL')) kills.worker++;
          continue;
        }
        const receivers = descendants(web.child.pid);
        const pid = receivers[Math.floor(rnd() * receivers.length)];
        if (pid) {
          process.kill(pid, 'SIGKILL');
          kills.receiver++;
        }
      }
    })();

    let next = 0, repeated = 0;
    const began = Date.now();
    const telling = () => Promise.all(Array.from({ length: SENDERS }, async () => {
      while (next < events.length) {
        const { provider, id, body } = events[next++];
        const { tries } = await sendUntilTaken(web.url(`/webhooks/${provider}`), provider,
          home.secret[provider], body, id, 60000 * slow);
        repeated += tries - 1;
        // Bursts, so that a kill hits many in flight, and time for some killing.
        const phase = (Date.now() - began) % 500;
        if (phase > 100) await sleep(500 - phase);
      }
    }));
    await telling();
    const took = Date.now() - began;
    // A quick machine is through before there was enough: once more, nothing comes of it.
    const enough = () => kills.receiver >= 5 && kills.worker >= 2 && repeated > 0;
    for (let again = 0; again < 20 && !enough(); again++) {
      next = 0;
      await telling();
    }
    going = false;
    await reaper;
    worker.kill('SIGTERM');
    await supervisor;
    t.diagnostic(`${events.length} acknowledged in ${(took / 1000).toFixed(1)} s, ${repeated} repeats, `
      + `killed: receivers ${kills.receiver}, worker ${kills.worker}`);
    assert.ok(enough(), 'there was enough killing');

    const last = home.worker();
    await home.settled(60000 + EVENTS * 2);
    // What a killed worker had counted as a try comes again by the schedule.
    for (let i = 0; i < 60 && home.one("SELECT count(*) FROM event WHERE status <> 'completed'") > 0; i++) await sleep(500);
    await home.stop(last);

    assertTold(home, told);
  } finally {
    await home.close();
  }
});
