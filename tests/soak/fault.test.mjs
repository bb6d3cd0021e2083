// Each named step of each program in turn: it dies there, or memory or the disk
// fails it there, the first time and then at random about five times more, while
// a story is told; then healthy programs finish the work.  The steps are learned
// by dry runs.  HK_FAULT_EVENTS (300) a run, HK_STEPS a pattern, HK_SEED.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { faulted, learn, ways } from '../e2e/lib/faults.mjs';
import { root } from '../e2e/lib/home.mjs';
import { seed } from '../e2e/lib/story.mjs';

const count = Number(process.env.HK_FAULT_EVENTS ?? 300);
const wanted = new RegExp(process.env.HK_STEPS ?? '');
const learned = new Set(), table = [];

// At random a step may be passed by; again, then.
async function broken(way, step) {
  for (let again = 0; again < 4; again++) {
    const { fired = 0 } = (await faulted({ way, fault: step.fault, count, seed: seed + again })).get(step.name) ?? {};
    if (fired > 0) return fired;
  }
  throw new Error('it never came to this step');
}

for (const way of Object.keys(ways))
  test(`${way}, broken`, { timeout: 3600000 }, async (t) => {
    t.diagnostic(`HK_SEED=${seed}`);
    const dry = { way, kind: '-', step: 'dry runs', fired: 0, result: 'FAILED' };
    table.push(dry);
    const steps = await learn(way);
    dry.result = 'ok';
    for (const step of steps) {
      learned.add(step.name);
      if (!wanted.test(step.name)) continue;
      const row = { way, kind: step.kind, step: step.name, fired: 0, result: 'FAILED' };
      table.push(row);
      await t.test(`${step.kind === 'die' ? 'dies at' : 'fails'} ${step.name}`, async () => {
        row.fired = await broken(way, step);
        row.result = 'ok';
      });
    }
  });

// Steps that no receiver or worker comes to: tests of their own break those, by name.
function brokenElsewhere() {
  const folder = path.join(root, 'tests/e2e');
  const text = fs.readdirSync(folder).filter((name) => name.endsWith('.test.mjs'))
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8')).join('\n');
  return (step) => text.includes(`'${step}'`) || text.includes(`${step}:`);
}

test('the dry runs, or a test of its own, come to every step that is in the source', () => {
  const sources = fs.readdirSync(path.join(root, 'src'), { recursive: true }).filter((name) => name.endsWith('.c'));
  const marked = new Set(sources.flatMap((name) =>
    [...fs.readFileSync(path.join(root, 'src', name), 'utf8').matchAll(/\bFAULT_(?:DIE|FAIL)\("([^"]+)"\)/g)].map((m) => m[1])));
  assert.ok(marked.size > 30);
  const elsewhere = brokenElsewhere();
  assert.deepEqual([...marked].filter((step) => !learned.has(step) && !elsewhere(step)), []);
});

after(() => {
  const widths = [9, 5, 20, 6];
  const line = (...cells) => cells.map((cell, i) => String(cell).padEnd(widths[i] ?? 0)).join(' ');
  console.log([line('program', 'kind', 'step', 'fired', 'result'),
    ...table.map((row) => line(row.way, row.kind, row.step, row.fired, row.result))].join('\n'));
  const failed = table.filter((row) => row.result !== 'ok').length;
  console.log(`${table.length - failed} passed, ${failed} failed`);
});
