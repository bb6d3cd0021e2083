// The same thing said many times, at the same moment, in any order: one event,
// one effect.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Home, randomId } from './lib/home.mjs';
import { apache, lighttpd } from './lib/servers.mjs';
import { checkout, clerkUser, request, send, signed, stripeEvent } from './lib/senders.mjs';

const home = new Home();
const at = {};
before(async () => {
  const one = await lighttpd(home);
  at['one process with threads (lighttpd)'] = one.url('/webhooks/stripe');
  const two = await lighttpd(home, { processes: 2 });
  at['two processes (lighttpd)'] = two.url('/webhooks/stripe');
  const many = await apache(home, { ways: ['fcgid'] });
  at['a process for each request (Apache, mod_fcgid)'] = many.url('fcgid', '/webhooks/stripe');
  at['plain CGI (lighttpd)'] = one.url('/cgi/stripe.fcgi');
  at.clerk = one.url('/webhooks/clerk');
  at.stripe = at['one process with threads (lighttpd)'];
  at.stripe2 = at['two processes (lighttpd)'];
});
after(() => home.close());

describe('fifty senders post the same event at once', () => {
  for (const way of ['one process with threads (lighttpd)', 'two processes (lighttpd)',
    'a process for each request (Apache, mod_fcgid)', 'plain CGI (lighttpd)'])
    test(way, async () => {
      const { id, body } = stripeEvent('customer.created', { id: `cus_${randomId(14)}`, object: 'customer' });
      const headers = signed('stripe', home.secret.stripe, body);
      const answers = await Promise.all(Array.from({ length: 50 }, () => request(at[way], { body, headers })));
      assert.deepEqual([...new Set(answers.map((a) => a.status))], [200], answers.find((a) => a.status !== 200)?.text);
      assert.equal(answers.filter((a) => a.json.duplicate === false).length, 1);
      assert.equal(new Set(answers.map((a) => a.json.id)).size, 1);
      assert.equal(home.one(`SELECT count(*) FROM event WHERE event_id = '${id}'`), 1);
    });
});

describe('two events of one payment grant once', () => {
  const orders = {
    'completed, then succeeded': [[0], [1]],
    'succeeded, then completed': [[1], [0]],
    'both at once': [[0, 1]],
    'each twice at once': [[0, 1, 0, 1]],
    'before the user is known': [[0, 1], ['user']],
  };
  for (const [what, rounds] of Object.entries(orders))
    test(what, async () => {
      const payment = `pi_${randomId()}`;
      const { user, body: userBody } = clerkUser();
      const session = checkout({ user, credits: 25, payment });
      const events = ['checkout.session.completed', 'checkout.session.async_payment_succeeded']
        .map((type) => stripeEvent(type, session));
      const createUser = () => send(at.clerk, 'clerk', home.secret.clerk, userBody);
      if (!rounds.flat().includes('user')) assert.equal((await createUser()).status, 200);
      for (const round of rounds) {
        const answers = await Promise.all(round.map((which, n) => (which === 'user' ? createUser()
          : send(n % 2 ? at.stripe2 : at.stripe, 'stripe', home.secret.stripe, events[which].body))));
        for (const answer of answers) assert.equal(answer.status, 200, answer.text);
        await home.settled();
      }
      assert.deepEqual(home.sql(`SELECT kind, amount FROM transfer WHERE business_key LIKE '%${payment}%'`),
        [{ kind: 'purchase', amount: 25 }]);
      assert.equal(home.one(`SELECT balance FROM account JOIN site_user ON account.owner = site_user.id
        WHERE clerk_id = '${user}'`), 40 + 25);
    });
  test('and the books are right', () => {
    const audit = home.hk(['audit']);
    assert.equal(audit.status, 0, audit.out + audit.err);
  });
});
