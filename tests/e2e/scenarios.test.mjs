// Every trap of the senders' documents as a scenario (scenarios/*.mjs), told in
// order, reversed, shuffled, doubled, piled up, and with workers dying between any
// two events: the books come out the same, and they are right.
// HK_SEED=... repeats a run's shuffles, HK_ONLY=... takes the scenarios whose name has it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { root, slow } from './lib/home.mjs';
import { check, spoiled, tell } from './lib/scenario.mjs';
import { seed } from './lib/story.mjs';

const folder = path.join(root, 'tests/e2e/scenarios');
const groups = new Map();
for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.mjs')).sort())
  for (const scenario of (await import(path.join(folder, file))).default) {
    if (!scenario.name.includes(process.env.HK_ONLY ?? '')) continue;
    const key = JSON.stringify(scenario.settings ?? {});
    groups.set(key, [...(groups.get(key) ?? []), { ...scenario, name: `${file.slice(0, -4)}: ${scenario.name}` }]);
  }

for (const [key, scenarios] of groups)
  describe(`scenarios${key === '{}' ? '' : ` with ${key.replaceAll(/["{}]/g, ' ').trim()}`}`, () => {
    let told;
    before(async () => {
      told = await tell(JSON.parse(key), scenarios, seed);
    }, { timeout: 600000 * slow });
    for (const scenario of scenarios)
      test(scenario.name, () => check(scenario, told.of(scenario)));
    test('one wrong balance, state or outcome would be noticed', () => {
      for (const scenario of scenarios)
        for (const [wrong, found] of spoiled(scenario, told.of(scenario)))
          assert.throws(() => check(wrong, found), { code: 'ERR_ASSERTION' }, scenario.name);
    });
    test('and the books are right', (t) => {
      t.diagnostic(`HK_SEED=${seed}`);
      assert.equal(told.audit, '');
      assert.equal(told.integrity, 'ok');
    });
  });
