// Hours in minutes: a steady stream of all three senders with a worker and now
// and then a burst.  Memory, threads, open files and the log beside the database
// must not grow, and in the end everything is there and worked off.
// HK_MINUTES (10), HK_RATE events a second (100).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { Home, randomId, sleep, slow } from '../e2e/lib/home.mjs';
import { lighttpd } from '../e2e/lib/servers.mjs';
import { checkout, clerkUser, resendEmail, sendUntilTaken, stripeEvent } from '../e2e/lib/senders.mjs';

const minutes = Number(process.env.HK_MINUTES ?? 10);
const rate = Number(process.env.HK_RATE ?? 100);

function footprint(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
  return { kb: field('VmRSS'), threads: field('Threads'), files: fs.readdirSync(`/proc/${pid}/fd`).length };
}

test(`${minutes} minutes at ${rate} events a second`, { timeout: (minutes + 5) * 60000 * slow }, async (t) => {
  const home = new Home();
  try {
    const web = await lighttpd(home);
    const worker = home.worker();
    await sleep(1000);
    const pids = () => Object.fromEntries([['worker', worker.pid], ...fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n)).flatMap((n) => {
      try {
        const exe = fs.readlinkSync(`/proc/${n}/exe`);
        return exe.startsWith(home.bin) && exe.endsWith('.fcgi') ? [[exe.slice(home.bin.length + 1), Number(n)]] : [];
      } catch { return []; }
    })]);
    const ids = [];
    const one = () => {
      const which = Math.random();
      let provider, event;
      if (which < 0.4) {
        provider = 'clerk';
        event = { id: `msg_${randomId()}`, body: clerkUser().body };
      } else if (which < 0.7) {
        const { user, body } = clerkUser();
        provider = 'stripe';
        event = stripeEvent('checkout.session.completed', checkout({ user, credits: 5 }));
        const id = `msg_${randomId()}`;
        ids.push(id);
        sending.push(sendUntilTaken(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, body, id, 60000));
      } else {
        provider = 'resend';
        event = { id: `msg_${randomId()}`, body: resendEmail().body };
      }
      ids.push(event.id);
      return sendUntilTaken(web.url(`/webhooks/${provider}`), provider, home.secret[provider], event.body, event.id, 60000);
    };
    let sending = [], early, walMost = 0;
    const first = pids();
    for (const name of ['stripe', 'clerk', 'resend']) assert.ok(first[`${name}.fcgi`], name);
    const end = Date.now() + minutes * 60000;
    for (let second = 0; Date.now() < end; second++) {
      const count = second % 60 === 30 ? rate * 5 : rate;
      for (let i = 0; i < count; i++) sending.push(one());
      await Promise.all([sleep(1000), Promise.all(sending)]);
      sending = [];
      walMost = Math.max(walMost, fs.statSync(`${home.db}-wal`).size);
      // The start of a process is no measure: caches fill.
      if (!early && Date.now() > end - minutes * 60000 * 0.8)
        early = Object.fromEntries(Object.entries(first).map(([name, pid]) => [name, footprint(pid)]));
    }
    assert.deepEqual(pids(), first, 'nobody died');
    for (const [name, pid] of Object.entries(first)) {
      const late = footprint(pid);
      t.diagnostic(`${name}: ${early[name].kb} -> ${late.kb} KB, threads ${late.threads}, files ${late.files}`);
      assert.ok(late.kb < early[name].kb * 1.3 + 8192, `${name} grows: ${early[name].kb} -> ${late.kb} KB`);
      assert.ok(late.threads <= early[name].threads + 1, `${name}: threads`);
      assert.ok(late.files <= early[name].files + 8, `${name}: open files`);
    }
    t.diagnostic(`${ids.length} events, write-ahead log at most ${(walMost / 1048576).toFixed(1)} MB`);
    assert.ok(walMost < 160 * 1048576);
    await home.settled(120000);
    assert.equal(home.one('SELECT count(*) FROM event'), ids.length);
    assert.equal(home.one("SELECT count(*) FROM event WHERE status <> 'completed'"), 0);
    const audit = home.hk(['audit']);
    assert.equal(audit.status, 0, audit.out + audit.err);
  } finally {
    await home.close();
  }
});
