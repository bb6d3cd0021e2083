// Random histories of users, payments, refunds, disputes, subscriptions and mails,
// told in any order and with repeats by eight senders at once: the books end as
// the model says, and stay so when every event is worked again.  HK_SEED repeats a
// run, HK_HISTORIES says how many, HK_KILLS kills worker and receivers meanwhile.
// The first that fails is told alone and shortened (not with HK_NOSHRINK);
// HK_HISTORY and HK_ORDER tell it in that order, as it was printed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sanitized, slow } from './lib/home.mjs';
import { random, seed } from './lib/story.mjs';
import { Place, explain, histories, reproduce, run, shrink } from './lib/histories.mjs';

const COUNT = Number(process.env.HK_HISTORIES ?? (sanitized ? 12 : 40));
const KILLS = process.env.HK_KILLS !== undefined;

test(`${COUNT} histories end in the model's books`, { timeout: (60000 + COUNT * 3000) * slow, skip: process.env.HK_ORDER }, async (t) => {
  t.diagnostic(`HK_SEED=${seed} HK_HISTORIES=${COUNT}`);
  const list = histories(seed, COUNT);
  const place = await Place.open({ kills: KILLS, seed });
  let failures, stage;
  try {
    const told = await run(place, list, random(seed ^ 1));
    ({ failures, stage } = told);
    const events = list.reduce((n, h) => n + h.events.length, 0);
    t.diagnostic(`${events} events, ${told.sent} requests, ${(told.tookMs / 1000).toFixed(1)} s: `
      + `${(COUNT / told.tookMs * 1000).toFixed(1)} histories/s, killed: worker ${place.killed.worker}, receivers ${place.killed.receiver}`);
    for (const { history, have, found } of failures.slice(0, 5)) t.diagnostic(explain(history, have, found).join('\n'));
    const audit = place.home.hk(['audit']);
    if (failures.length === 0) assert.equal(audit.status, 0, audit.out + audit.err);
    else t.diagnostic(audit.out + audit.err);
  } finally {
    await place.close();
  }
  if (failures.length === 0) return;
  const { history, have, found } = failures[0];
  if (stage === 'told' && !process.env.HK_NOSHRINK) t.diagnostic((await shrink(history, have, found)).join('\n'));
  assert.fail(`${failures.length} of ${COUNT} histories end otherwise when they were ${stage}: ${failures.map((f) => f.history.seed).join(' ')}`);
});

test('a history in the order that is asked for', { skip: !process.env.HK_ORDER }, async () => {
  assert.deepEqual(await reproduce(Number(process.env.HK_HISTORY), process.env.HK_ORDER.split(',').map(Number)), []);
});
