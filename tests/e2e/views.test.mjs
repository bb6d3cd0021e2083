// README's way into the books for the site's own code: its examples are run as they
// stand there, against a database that a worker has open, and each view has the columns
// the README names.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Home, root } from './lib/home.mjs';
import { lighttpd } from './lib/servers.mjs';

const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
const nora = 'user_2NoraEkdahlSample0000000000';
const home = new Home();

before(async () => {
  assert.equal(home.hk(['init', '--mode', 'test']).status, 0);
  assert.equal(home.hk(['plan', 'set', 'cplan_2BookwormSample000000000000', '--credits', '250']).status, 0);
  const web = await lighttpd(home);
  const send = async (...args) => {
    const run = await home.hkAsync(['send', 'clerk', ...args, '--url', web.url('/webhooks/clerk')]);
    assert.equal(run.status, 0, run.out + run.err);
  };
  await send('user.created');
  await send('subscription.created', '--set', 'data.items.0.status=active', '--set', 'data.status=active');
  assert.equal(home.hk(['worker', '--once']).status, 0);
});
after(() => home.close());

// The indented example that begins with this line, with the real path in place of the README's.
function example(first) {
  const lines = readme.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`    ${first}`));
  assert.ok(from >= 0, `README has no example that begins with ${first}`);
  const to = lines.findIndex((line, i) => i > from && line.trim() === '');
  return lines.slice(from, to).map((line) => line.slice(4)).join('\n').replaceAll('/var/lib/hookkeeper/hookkeeper.db', home.db);
}
function run(command, text) {
  const file = path.join(home.dir, `example.${command}`);
  home.write(file, text);
  const ran = spawnSync(command, [file], { encoding: 'utf8', timeout: 20000 });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  return ran.stdout;
}
const there = (command) => spawnSync(command, ['--version']).status === 0;

test('the example in Python', { skip: !there('python3') && 'there is no python3' }, () => {
  const said = run('python3', `clerk_id = "${nora}"\n${example('import sqlite3')}`);
  assert.match(said, /^\S+ active cplan_2BookwormSample000000000000 \d{10}\n$/);
});

test('the example in PHP', { skip: !there('php') && 'there is no php' }, () => {
  const balance = home.one(`SELECT balance FROM user_credits WHERE clerk_id = '${nora}'`);
  assert.ok(balance > 0);
  const text = example('<?php').replace('$db =', `$clerkId = '${nora}';\n$db =`);
  assert.equal(run('php', `${text}\necho $balance, "\\n";\n`), `${balance}\n`);
});

test('every view has the columns that README names', () => {
  const rows = [...readme.matchAll(/^\| `(users|user_credits|billing_subscriptions|subscription_plans|email_events)` \| ([^|]*) \|$/gm)];
  assert.equal(rows.length, 5);
  for (const [, view, told] of rows) {
    const named = [...told.slice(told.indexOf(':')).matchAll(/`([a-z_]+)`/g)].map((m) => m[1]);
    const has = home.sql(`SELECT name FROM pragma_table_info('${view}')`).map((row) => row.name);
    assert.ok(named.length >= 4, told);
    for (const name of named) assert.ok(has.includes(name), `${view} has no ${name}`);
  }
});
