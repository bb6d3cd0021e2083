// kill -9 of the worker, again and again, while it sends.  Afterwards each message
// has arrived at least once, and more than once only those that were in flight at a
// kill.  HK_SEED=... repeats a run's choices.
import assert from 'node:assert/strict';
import { sleep, slow, until } from './home.mjs';
import { Outgoing } from './outgoing.mjs';
import { Sink } from './sink.mjs';
import { random, seed } from './story.mjs';

const MOST = 256;	// flights at once: ENGINE_FLIGHTS, unless many are slow

// Some answers are late, so that a kill finds something in flight.
export async function killed(t, { deliveries, kills }) {
  const rnd = random(seed);
  t.diagnostic(`HK_SEED=${seed}`);
  const arrived = new Map();	// endpoint/webhook-id -> times
  const sink = await Sink.open({ own: (rq, answer, came) => {
    const what = `${rq.url} ${rq.headers['webhook-id']}`;
    arrived.set(what, (arrived.get(what) ?? 0) + 1);
    sink.came.length = 0;
    came.body = undefined;
    setTimeout(() => answer.writeHead(200).end(), rnd() < 0.2 ? rnd() * 40 : 0);
    return true;
  } });
  const home = new Outgoing(), endpoints = 5, messages = deliveries / endpoints;
  try {
    for (let n = 0; n < endpoints; n++) home.endpoint(sink.url(`/k${n}`), { ordered: n === 0 ? 'yes' : 'no' });
    for (let at = 0; at < messages; at += 1000)
      home.messages(Array.from({ length: Math.min(1000, messages - at) }, (_, n) => ({ owner: `u${(at + n) % 400}`, payload: { n: at + n } })));
    const left = () => home.one(`SELECT (SELECT count(*) FROM delivery WHERE status <> 'delivered')
      + ifnull((SELECT (SELECT max(id) FROM message) - message FROM fanout), 0)`);
    const attempts = () => home.one('SELECT count(*) FROM delivery_attempt');
    let bound = 0, done = 0;
    for (; done < kills && left() > 0; done++) {
      // It gets some way each time, however fast the machine is; then at any moment.
      const worker = home.worker(), enough = attempts() + deliveries / kills / 4;
      await until('it sends', () => attempts() >= enough || left() === 0, 60000);
      await sleep(rnd() * 20 * slow);
      worker.kill('SIGKILL');
      await worker.gone;
      const flying = home.one("SELECT count(*) FROM delivery WHERE status = 'sending'");
      assert.ok(flying <= MOST, `${flying} in flight`);
      bound += flying;
    }
    const last = home.worker();
    await until('all are delivered', () => left() === 0, 120000);
    assert.deepEqual(await home.stop(last), { code: 0, signal: null });

    const duplicates = [...arrived.values()].reduce((sum, times) => sum + times - 1, 0);
    t.diagnostic(`${deliveries} deliveries, ${done} kills, ${bound} in flight at them, ${duplicates} arrived again`);
    assert.ok(done >= kills * 0.8, `only ${done} kills before the end: it was too fast`);
    assert.equal(home.one('SELECT count(*) FROM delivery'), deliveries);
    assert.equal(arrived.size, deliveries, 'each arrived');
    assert.ok(duplicates <= bound, `${duplicates} arrived again, ${bound} were in flight`);
    assert.ok(bound > 0, 'no kill found anything in flight');
    assert.deepEqual(home.sql('SELECT status, count(*) AS n FROM delivery GROUP BY 1'), [{ status: 'delivered', n: deliveries }]);
    // One attempt that was good for each; what a kill cut off was counted.
    assert.equal(home.one('SELECT count(*) FROM delivery_attempt WHERE good = 1'), deliveries);
    assert.equal(home.one('SELECT sum(attempts) FROM delivery') - deliveries, bound);
  } finally {
    await home.close();
    await sink.close();
  }
}
