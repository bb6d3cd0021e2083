// A sample of the steps at which tests/soak/fault.test.mjs breaks the programs.
// HK_SEED=... takes another one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { faultBuild, faulted, learn, ways } from './lib/faults.mjs';
import { build, slow } from './lib/home.mjs';
import { random, seed } from './lib/story.mjs';

const SAMPLE = 8;	// steps of each way

for (const way of Object.keys(ways))
  test(`${way}: whatever dies or fails, all is there once and done once`, { timeout: 900000 * slow }, async (t) => {
    t.diagnostic(`HK_SEED=${seed}`);
    const rnd = random(seed);
    const steps = (await learn(way)).map((step) => [rnd(), step]).sort(([a], [b]) => a - b);
    for (const [, { name, kind, fault }] of steps.slice(0, SAMPLE))
      await t.test(`${kind === 'die' ? 'dies at' : 'fails'} ${name}`, () =>
        faulted({ way, fault, count: 60, seed, brokenMs: 500 }));
  });

// What breaks programs for a test must not be in the others.
test('the ordinary programs cannot be told to fail', () => {
  const tells = (file) => spawnSync('grep', ['-c', 'HK_FAULT', file], { encoding: 'utf8' }).status === 0;
  for (const file of ['cgi-bin/stripe.fcgi', 'bin/hookkeeper']) {
    assert.equal(tells(path.join(faultBuild, file)), true, `${file} of the broken ones`);
    assert.equal(tells(path.join(build, file)), false, file);
  }
});
