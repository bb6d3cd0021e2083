// How fast the queue is worked off, with all that follows from an event.  Filled
// through the receivers while nobody works (work_after_reply = off), then one
// `hookkeeper worker --once`, from its start until the last event is settled;
// what it does for the counts and the search afterwards is in "to its end":
//
//	clerk	user.created: a user, an account and the transfer of the bonus
//	stripe	checkout.session.completed: a customer and the transfer of a purchase
//	resend	email.delivered: a mail and a line of its history
//
// HK_EVENTS (50000) of Clerk, a fifth as many of each other; the checkouts are
// paid by the first of those users.
import { Home } from '../e2e/lib/home.mjs';
import { lighttpdFor, spawnFcgi } from '../e2e/lib/servers.mjs';
import { checkout, clerkUser, resendEmail, stripeEvent } from '../e2e/lib/senders.mjs';
import { allStored, allTaken, events, load, median, mustBe, say, table } from './lib/bench.mjs';
import path from 'node:path';

const many = events(50000), fewer = Math.max(1, Math.floor(many / 5));
const rounds = Math.min(3, Number(process.env.HK_ROUNDS ?? 3));
const user = 'user_2bench{n}';
// What each makes in the books, as a query and how many of it in the end.
const kinds = [
  { name: 'clerk', type: 'user.created', count: many, svix: true, body: clerkUser(user).body,
    books: "SELECT count(*) FROM transfer WHERE kind = 'signup_bonus'" },
  { name: 'stripe', type: 'checkout.session.completed', count: fewer,
    body: stripeEvent('checkout.session.completed', checkout({ user, credits: 5, payment: 'pi_bench{n}', session: 'cs_test_{n}' }),
      { id: 'evt_bench{n}' }).body,
    books: "SELECT count(*) FROM transfer WHERE kind = 'purchase'" },
  { name: 'resend', type: 'email.delivered', count: fewer, svix: true,
    body: resendEmail('email.delivered', '00000000-0000-4000-8000-{n}').body, books: 'SELECT count(*) FROM email_history' },
].map((kind) => ({ ...kind, runs: [] }));

for (let round = 1; round <= rounds; round++) {
  const home = new Home({ settings: { hookkeeper: { work_after_reply: 'off' } } });
  try {
    let sent = 0;
    for (const kind of kinds) {
      const receiver = await spawnFcgi(home, kind.name);
      const web = await lighttpdFor(home, { [`/${kind.name}`]: receiver.socket });
      const template = path.join(home.dir, `${kind.name}.json`);
      home.write(template, kind.body);
      const fill = await load({ url: web.url(`/${kind.name}`), secret: home.secret[kind.name], connections: 64, template, ...kind });
      allTaken(kind.name, fill);
      sent += fill.requests;
      await home.stop(web.child);
      await home.stop(receiver.child);

      const began = Date.now() / 1e3;
      const worker = await home.hkAsync(['worker', '--once', '--json']);
      const ended = Date.now() / 1e3 - began;
      const took = home.one('SELECT max(processed_at) FROM event') / 1e6 - began;
      mustBe(`${kind.name}: worker --once ended with`, worker.status, 0);
      mustBe(`${kind.name}: events worked off`, JSON.parse(worker.out).done, kind.count);
      mustBe(`${kind.name}: ${kind.books}`, home.one(kind.books), kind.count);
      kind.runs.push({ fill_per_s: fill.per_s, per_s: kind.count / took, seconds: took, ended });
      say(`queue ${round}/${rounds}: ${kind.name} ${Math.round(kind.count / took)}/s`);
    }
    allStored('queue', home, sent);
    mustBe('events that are not handled', home.one("SELECT count(*) FROM event WHERE outcome IS NOT 'handled'"), 0);
    mustBe('hookkeeper audit', (await home.hkAsync(['audit'])).status, 0);
  } finally {
    await home.close();
  }
}
table('queue', `Worked off by worker --once, one process; medians of ${rounds} rounds`, [
  ['sender', 'name'], ['event', 'type'], ['events', 'events'], ['seconds', 'seconds', 2], ['events/s', 'per_s'], ['to its end s', 'ended', 2], ['(filled at/s)', 'fill_per_s'],
], kinds.map(({ name, type, count, runs }) => ({
  name, type, events: count, seconds: median(runs.map((r) => r.seconds)), ended: median(runs.map((r) => r.ended)), per_s: median(runs.map((r) => r.per_s)),
  fill_per_s: median(runs.map((r) => r.fill_per_s)),
})));
