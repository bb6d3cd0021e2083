// Credits that many want at once, and programs that die with a burn in hand: what
// is burned is burned once, and never more than there is.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Api } from './lib/api.mjs';
import { Home, randomId, sleep } from './lib/home.mjs';
import { request } from './lib/senders.mjs';
import { lighttpd } from './lib/servers.mjs';

const PROCESSES = 3, CLIENTS = 16;
const home = new Home({ settings: { api: { rate: 0 } } });
let api;

before(async () => {
  home.hk(['events', 'list']);
  const web = await lighttpd(home, { processes: PROCESSES });
  api = await Api.open(web, home.token().token);
});
after(() => home.close());

// The running programs of this home alone.
const programs = () => fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
  try { return fs.readlinkSync(`/proc/${pid}/exe`) === path.join(home.bin, 'api.fcgi'); } catch { return false; }
}).map(Number);

async function userWith(credits) {
  const user = (await api.post('/users', { external_id: `x-${randomId(10)}` })).json.id;
  assert.equal((await api.post('/credits/grant', { user, amount: credits, note: 'to burn' })).json.balance, credits);
  return user;
}
const crowd = (each) => Promise.all(Array.from({ length: CLIENTS }, (_, i) => each(i)));
const burnsOf = (user) => home.one(`SELECT count(*) FROM transfer t JOIN account a ON a.id = t.debit
  WHERE a.owner = '${user}' AND t.kind = 'burn'`);
const audit = () => {
  const run = home.hk(['audit']);
  assert.equal(run.status, 0, run.out + run.err);
};

describe(`credits that ${CLIENTS} clients want, of ${PROCESSES} processes`, () => {
  test('10,000 burns of 1 on a balance of 5,000: exactly 5,000 succeed', async (t) => {
    const user = await userWith(5000);
    const transfers = new Set(), balances = new Set();
    let left = 10000, refused = 0;
    const began = Date.now();
    await crowd(async () => {
      while (left-- > 0) {
        const answer = await api.post('/credits/burn', { user, amount: 1 });
        if (answer.status === 200) {
          transfers.add(answer.json.transfer);
          balances.add(answer.json.balance);
        } else {
          assert.equal(answer.status, 402, answer.text);
          assert.equal(answer.json.balance, 0);
          refused++;
        }
      }
    });
    t.diagnostic(`${Math.round(10000 / ((Date.now() - began) / 1000))} burns a second, each answer checked`);
    assert.equal(transfers.size, 5000);
    assert.equal(refused, 5000);
    assert.equal(balances.size, 5000, 'each was told another balance');
    assert.equal((await api.get(`/users/${user}/balance`)).json.balance, 0);
    assert.equal(burnsOf(user), 5000);
    assert.equal(programs().length, PROCESSES);
    audit();
  });

  test('by keys, of different sizes: the sum is right to the last credit', async () => {
    const user = await userWith(1000);
    const { text } = (await api.post(`/users/${user}/keys`)).json;
    let burned = 0;
    await crowd(async (i) => {
      for (let n = 0; n < 20; n++) {
        const { json } = await api.post('/keys/verify', { key: text, burn: 1 + ((i * 7 + n * 3) % 11) });
        assert.ok(json.code === 'valid' || json.code === 'insufficient_credits', json.code);
        burned += json.burned;
      }
    });
    const { balance } = (await api.get(`/users/${user}/balance`)).json;
    assert.equal(balance, 1000 - burned);
    assert.ok(balance < 11);
    audit();
  });

  test('one key at all processes at once is one burn', async () => {
    const user = await userWith(100);
    for (let round = 0; round < 10; round++) {
      const key = randomUUID();
      const answers = await crowd(() => api.post('/credits/burn', { user, amount: 3 }, { key }));
      assert.equal(new Set(answers.map((a) => a.text)).size, 1);
      assert.equal(answers[0].status, 200);
    }
    assert.equal((await api.get(`/users/${user}/balance`)).json.balance, 70);
  });
});

test('programs are killed, requests are repeated until they are answered: each is done once', async (t) => {
  const user = await userWith(10000);
  let all = 0, repeats = 0, kills = 0, over = false;
  const killer = (async () => {
    while (!over) {
      await sleep(30 + Math.random() * 120);
      const pids = programs();
      if (over || pids.length === 0) continue;
      try { process.kill(pids[kills % pids.length], 'SIGKILL'); kills++; } catch { /* gone by itself */ }
    }
  })();
  try {
    await crowd(async () => {
      while (all < 5000 && (all < 400 || kills < 12)) {
        const key = randomUUID();
        all++;
        for (;;) {
          let answer;
          try {
            answer = await request(api.web.url('/api/v1/credits/burn'), {
              body: JSON.stringify({ user, amount: 1 }), keep: false, timeout: 10000,
              headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json', 'idempotency-key': key },
            });
          } catch (error) {
            answer = { status: error.message };
          }
          if (answer.status === 200) break;
          // The web server's own words while nobody is there, or ours.
          assert.ok(typeof answer.status === 'string' || answer.status >= 500, `${answer.status} ${answer.text}`);
          repeats++;
          await sleep(10 + Math.random() * 40);
        }
      }
    });
  } finally {
    over = true;
    await killer;
  }
  t.diagnostic(`${kills} killed, ${repeats} repeated`);
  assert.ok(kills >= 3 && repeats >= 1, `${kills} killed, ${repeats} repeated`);
  assert.equal(burnsOf(user), all);
  assert.equal(home.one(`SELECT balance FROM account WHERE owner = '${user}'`), 10000 - all);
  audit();
});
