// What goes out: every delivery as a receiver sees it, with the libraries that
// receivers use, whatever is wrong with the receiver.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sanitized, sleep, slow, until } from './lib/home.mjs';
import { Outgoing } from './lib/outgoing.mjs';
import { checkout, clerkUser, send, stripeEvent } from './lib/senders.mjs';
import { Sink, verified, verifiedV1a } from './lib/sink.mjs';
import { lighttpdFor, spawnFcgi } from './lib/servers.mjs';

const seconds = (us) => us / 1e6;
const now_us = () => Date.now() * 1000;
const order = (list) => list.map(({ payload }) => payload);

describe('what is sent', () => {
  const home = new Outgoing();
  let sink, api;
  before(async () => {
    sink = await Sink.open();
    const fcgi = await spawnFcgi(home, 'api');
    const web = await lighttpdFor(home, { '/api/v1': fcgi.socket });
    const { token } = home.token();
    api = async (method, at, body) => {
      const answer = await fetch(web.url(`/api/v1${at}`), {
        method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body),
      });
      assert.ok(answer.ok, `${method} ${at}: ${answer.status} ${await answer.clone().text()}`);
      return answer.status === 204 ? undefined : answer.json();
    };
    home.worker();
  });
  after(async () => {
    await home.close();
    await sink.close();
  });

  const payloads = {
    plain: '{"n":1}',
    'letters of all the world': JSON.stringify({ name: 'Jörg Ωμέγα 王小明 ñ', emoji: '👩‍👩‍👧‍👦🏳️‍🌈', combining: 'e\u0301' }),
    'escapes, with \\u0000': '{"a":"\\u0000\\u001f\\u007f\\ud83d\\ude00","b":"\\"\\\\\\/\\b\\f\\n\\r\\t"}',
    'what looks binary': JSON.stringify({ data: Array.from({ length: 512 }, (_, i) => String.fromCharCode(i === 0 ? 1 : i)).join('') }),
    'what looks like a request': '{"a":"\\r\\nwebhook-id: msg_x\\r\\n\\r\\n{}"}',
    'numbers as they were': '{"a":1e400,"b":0.1000000000000000055511151231257827,"c":12345678901234567890}',
    'blanks as they were': '{ "a" :\t[ 1 ,\n 2 ] }',
    'nothing': '{}',
    'much': JSON.stringify({ text: '漢'.repeat(300000) }),
  };
  for (const [what, payload] of Object.entries(payloads))
    test(`signed so that everybody's libraries take it: ${what}`, async () => {
      const type = `e2e.signed${Object.keys(payloads).indexOf(what)}`;
      const endpoint = home.endpoint(sink.url(`/200/${type}`), { types: type });
      home.message({ type, payload });
      await home.delivered(endpoint, 1);
      const [came, ...more] = sink.of(`/200/${type}`);
      assert.deepEqual(more, []);
      const seen = verified(came, endpoint.secret);
      assert.equal(seen.type, type);
      assert.ok(Math.abs(Date.parse(seen.timestamp) - Date.now()) < 60000 * slow);
      assert.match(came.headers['webhook-id'], /^msg_/);
      assert.equal(came.headers['content-type'], 'application/json');
      // Byte for byte what was put.
      assert.ok(came.body.toString().endsWith(`"data":${payload}}`), came.body.toString().slice(0, 300));
      assert.throws(() => verified(came, `whsec_${'A'.repeat(43)}=`));
    });

  test('in mid-rotation both secrets verify, of v1 and of v1a', async () => {
    const type = 'e2e.rotation', endpoint = home.endpoint(sink.url('/200/rotation'), { types: type });
    const rotate = (kind) => api('POST', `/endpoints/${endpoint.name}/secret/rotate`, { kind });
    const first = await rotate('v1a');
    home.message({ type });
    await home.delivered(endpoint, 1);
    assert.ok(verifiedV1a(sink.of('/200/rotation')[0], first.public), 'v1a');
    const second = await rotate('v1a'), next = await rotate('v1');
    home.message({ type, payload: { ñ: '👍' } });
    await home.delivered(endpoint, 2);
    const came = sink.of('/200/rotation')[1];
    verified(came, endpoint.secret);
    verified(came, next.secret);
    assert.ok(verifiedV1a(came, first.public) && verifiedV1a(came, second.public));
    assert.equal(came.headers['webhook-signature'].split(' ').length, 4);
    // 24 hours later the first ones are over.
    home.change(`UPDATE endpoint_secret SET ends_at = ${now_us()} WHERE endpoint = ${endpoint.id} AND ends_at IS NOT NULL;`);
    home.message({ type });
    await home.delivered(endpoint, 3);
    const last = sink.of('/200/rotation')[2];
    verified(last, next.secret);
    assert.throws(() => verified(last, endpoint.secret));
    assert.ok(verifiedV1a(last, second.public) && !verifiedV1a(last, first.public));
  });

  test('the id stays over retries, the time is new each time', async () => {
    const type = 'e2e.retry', endpoint = home.endpoint(sink.url('/own/retry'), { types: type });
    let times = 0;
    sink.own = (rq, answer) => {
      if (rq.url !== '/own/retry') return false;
      answer.writeHead(++times < 3 ? 500 : 200).end();
      return true;
    };
    home.message({ type });
    for (let n = 1; n < 3; n++) {
      await home.tried(endpoint, n);
      await sleep(1100);
      home.hurry(`endpoint = ${endpoint.id}`);
    }
    await home.delivered(endpoint, 1);
    const came = sink.of('/own/retry');
    assert.equal(came.length, 3);
    assert.equal(new Set(came.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.equal(new Set(came.map(({ headers }) => headers['webhook-timestamp'])).size, 3);
    for (const one of came) verified(one, endpoint.secret);
    assert.deepEqual(home.attempts(endpoint).map(({ number, status, good }) => [number, status, good]),
      [[1, 500, 0], [2, 500, 0], [3, 200, 1]]);
  });

  test('a thin payload names the message alone', async () => {
    const endpoint = home.endpoint(sink.url('/200/thin'), { types: 'e2e.thin', payload: 'thin' });
    home.message({ type: 'e2e.thin', payload: { secret: 'of the house' } });
    await home.delivered(endpoint, 1);
    const [came] = sink.of('/200/thin');
    assert.deepEqual(verified(came, endpoint.secret).data, { id: came.headers['webhook-id'] });
  });

  test('further fields are sent, and shown to nobody', async () => {
    const endpoint = home.endpoint(sink.url('/200/fields'), { types: 'e2e.fields', header: ['Authorization: Bearer s3cret', 'X-Site: a, b; c="d"'] });
    home.message({ type: 'e2e.fields' });
    await home.delivered(endpoint, 1);
    const { headers } = sink.of('/200/fields')[0];
    assert.equal(headers.authorization, 'Bearer s3cret');
    assert.equal(headers['x-site'], 'a, b; c="d"');
    assert.doesNotMatch(home.attempts(endpoint)[0].request, /s3cret/);
    assert.ok(!fs.readFileSync(home.db).includes('s3cret'), 'sealed in the database');
  });

  test('who wants what: types, filter, owner', async () => {
    const all = home.endpoint(sink.url('/200/all'), { types: 'e2e.who.*' });
    const filter = home.endpoint(sink.url('/200/filter'), {
      types: 'e2e.who.*', filter: JSON.stringify({ all: [{ path: 'plan', in: ['pro', 'team'] }, { path: 'gone', exists: false }] }) });
    const owner = home.endpoint(sink.url('/200/owner'), { types: 'e2e.who.*', organization: 'org_7' });
    const one = home.endpoint(sink.url('/200/one'), { types: 'e2e.who.b' });
    home.messages([
      { type: 'e2e.who.a', payload: { n: 1, plan: 'pro' } },
      { type: 'e2e.who.b', payload: { n: 2, plan: 'free' } },
      { type: 'e2e.who.a', payload: { n: 3, plan: 'team', gone: 1 } },
      { type: 'e2e.who.a', payload: { n: 4, plan: 'team' }, kind: 'organization', owner: 'org_7' },
      { type: 'e2e.who.a', payload: { n: 5 }, kind: 'user', owner: 'org_7' },
    ]);
    await home.delivered(all, 5);
    const told = async (endpoint, at, wants) => {
      await home.delivered(endpoint, wants.length);
      assert.deepEqual(sink.of(at).map((came) => sink.json(came).data.n).sort(), wants, at);
    };
    await told(all, '/200/all', [1, 2, 3, 4, 5]);
    await told(filter, '/200/filter', [1, 4]);
    await told(owner, '/200/owner', [4]);
    await told(one, '/200/one', [2]);
  });

  test('received events are handed on to who asks for them', async () => {
    const endpoint = home.endpoint(sink.url('/200/relay'), { types: 'stripe.invoice.paid' });
    const stripe = await spawnFcgi(home, 'stripe');
    const web = await lighttpdFor(home, { '/stripe': stripe.socket });
    const paid = stripeEvent('invoice.paid', { id: 'in_1', object: 'invoice', customer: 'cus_1', metadata: { note: 'Größe' } });
    for (const { body } of [stripeEvent('checkout.session.completed', checkout({ user: 'user_1', credits: 5 })), paid]) {
      const { status } = await send(web.url('/stripe'), 'stripe', home.secret.stripe, body);
      assert.equal(status, 200);
    }
    await home.delivered(endpoint, 1);
    const came = sink.of('/200/relay');
    assert.equal(came.length, 1);
    const seen = verified(came[0], endpoint.secret);
    assert.equal(seen.type, 'stripe.invoice.paid');
    assert.deepEqual(seen.data, JSON.parse(paid.body));
  });

  test('a limit a second is kept in every second, and used', async () => {
    const rate = 40, many = 120;
    const endpoint = home.endpoint(sink.url('/200/rate'), { types: 'e2e.rate', rate });
    home.messages(Array.from({ length: many }, (_, n) => ({ type: 'e2e.rate', payload: { n } })));
    await home.delivered(endpoint, many, 60000);
    assert.equal(sink.of('/200/rate').length, many);
    // When they were sent: when they arrived is also how busy this process was.
    const at = home.sql(`SELECT started_at / 1000.0 AS ms FROM delivery_attempt WHERE endpoint = ${endpoint.id} ORDER BY 1`).map(({ ms }) => ms);
    for (const from of at) {
      const within = at.filter((t) => t >= from && t < from + 1000).length;
      assert.ok(within <= rate * 1.1 + 1, `${within} within a second`);
    }
    assert.ok((at.at(-1) - at[0]) / 1000 < (many / rate) * 5 * slow, `${(at.at(-1) - at[0]) / 1000} s for ${many}`);
  });

  test('a pause holds, and what it held comes in order', async () => {
    const endpoint = home.endpoint(sink.url('/200/pause'), { types: 'e2e.pause', ordered: 'yes' });
    await api('POST', `/endpoints/${endpoint.name}/pause`, {});
    home.messages(Array.from({ length: 30 }, (_, n) => ({ type: 'e2e.pause', payload: { n } })));
    await until('all are held', () => home.count(endpoint, 'held') === 30);
    await sleep(300);
    assert.equal(sink.of('/200/pause').length, 0);
    await api('POST', `/endpoints/${endpoint.name}/resume`, {});
    await home.delivered(endpoint, 30);
    assert.deepEqual(sink.of('/200/pause').map((came) => sink.json(came).data.n), Array.from({ length: 30 }, (_, n) => n));
  });

  test('what failed or was missed is counted first, then sent', async () => {
    const failing = home.endpoint(sink.url('/own/recover'), { types: 'e2e.recover' });
    let good = false;
    sink.own = (rq, answer) => {
      if (rq.url !== '/own/recover') return false;
      answer.writeHead(good ? 200 : 400).end();
      return true;
    };
    const since = new Date(Date.now() - 60000).toISOString();
    home.messages(Array.from({ length: 7 }, (_, n) => ({ type: 'e2e.recover', payload: { n } })));
    await home.tried(failing, 7);
    home.change(`UPDATE delivery SET status = 'failed', due_at = NULL, attempts = 10, done_at = 1 WHERE endpoint = ${failing.id};`);
    good = true;
    const what = `?what=failed&since=${encodeURIComponent(since)}`;
    assert.equal((await api('GET', `/endpoints/${failing.name}/recover${what}`)).count, 7);
    await api('POST', `/endpoints/${failing.name}/recover`, { what: 'failed', since });
    await home.delivered(failing, 7);
    // Made later: it missed what was before.
    const late = home.endpoint(sink.url('/200/late'), { types: 'e2e.recover' });
    assert.equal((await api('GET', `/endpoints/${late.name}/recover?what=missed&since=${encodeURIComponent(since)}`)).count, 7);
    assert.equal(sink.of('/200/late').length, 0, 'nobody asked for it');
    await api('POST', `/endpoints/${late.name}/recover`, { what: 'missed', since });
    await home.delivered(late, 7);
    assert.deepEqual(order(sink.of('/200/late').map((came) => ({ payload: sink.json(came).data.n }))).sort(), [0, 1, 2, 3, 4, 5, 6]);
  });
});

describe('the policy', () => {
  const home = new Outgoing();
  let sink, bad, watcher;
  const key = path.join(home.dir, 'key.pem'), cert = path.join(home.dir, 'cert.pem');
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  before(async () => {
    sink = await Sink.open();
    bad = await Sink.open({ tls: { key: fs.readFileSync(key), cert: fs.readFileSync(cert) } });
    watcher = home.endpoint(sink.url('/200/watch'), { types: 'endpoint.disabled message.attempt.exhausted' });
    home.worker();
  });
  after(async () => {
    await home.close();
    await sink.close();
    await bad.close();
  });

  // What is wrong, what is noted of it (status, error), what becomes of the
  // delivery, and how many seconds it waits, at least and at most.
  const sick = [
    ['200', '/200/s', 200, null, 'delivered'],
    ['204', '/204/s', 204, null, 'delivered'],
    ['299', '/299/s', 299, null, 'delivered'],
    ['302 to the metadata of a cloud', '/moved', 302, null, 'pending', 4, 6],
    ['400', '/400/s', 400, null, 'pending', 4, 6],
    ['401', '/401/s', 401, null, 'pending', 4, 6],
    ['500', '/500/s', 500, null, 'pending', 4, 6],
    ['502', '/502/s', 502, null, 'pending', 59, 61],
    ['503', '/503/s', 503, null, 'pending', 59, 61],
    ['429 with Retry-After: 90', '/after/90', 429, null, 'pending', 89, 91],
    ['429 with Retry-After: 3', '/after/3', 429, null, 'pending', 59, 61],
    ['429 with Retry-After: a week', '/after/604800', 429, null, 'pending', 119, 121],
    ['hangs', '/hang', null, 'E_TIMEOUT', 'pending', 59, 61],
    ['drips a byte a second', '/drip', null, 'E_TIMEOUT', 'pending', 59, 61],
    ['resets', '/reset', null, 'E_RESET', 'pending', 4, 6],
    ['hangs up', '/silent', null, 'E_RESET', 'pending', 4, 6],
    ['sends a gigabyte', '/huge', 200, null, 'delivered'],
    ['says what is no HTTP', '/noise', null, 'E_PROTOCOL', 'pending', 4, 6],
  ];
  test('whom the ca_file vouches for is believed, and nobody else', { timeout: 180000 * slow }, async () => {
    const own = new Outgoing({ settings: { outbox: { allow_private: '127.0.0.0/8', ca_file: cert } } });
    try {
      const one = own.endpoint(bad.url('/200/vouched'), { types: 'e2e.vouched' });
      own.worker();
      own.message({ type: 'e2e.vouched' });
      await own.delivered(one, 1);
      assert.equal(bad.of('/200/vouched').length, 1);
    } finally {
      await own.close();
    }
  });

  test('each answer has its consequence, as written', { timeout: 180000 * slow }, async (t) => {
    const rows = sick.map(([what, at, ...wanted], n) => {
      const type = `e2e.sick${n}`;
      return { what, wanted, endpoint: home.endpoint(sink.url(at), { types: type }), type };
    });
    const others = [
      ['a certificate nobody vouches for', bad.url('/200'), null, 'E_TLS'],
      ['TLS where there is none', `https://127.0.0.1:${sink.port}/200`, null, 'E_TLS'],
      ['nobody listens', 'http://127.0.0.1:1/', null, 'E_CONNECT'],
      ['a name that nobody has', 'http://nobody-has-this-name.invalid/', null, 'E_DNS|E_TIMEOUT'],	// a resolver that nobody answers
    ].map(([what, url, status, error], n) => {
      const type = `e2e.other${n}`;
      return { what, wanted: [status, error, 'pending', 4, 61], endpoint: home.endpoint(url, { types: type }), type };
    });
    const all = [...rows, ...others];
    // What the first attempt led to is kept as it happens: the second may come soon.
    home.change(`CREATE TABLE e2e_first (endpoint, status, wait);
      CREATE TRIGGER e2e_first AFTER UPDATE OF status ON delivery WHEN OLD.status = 'sending' AND NEW.attempts = 1 BEGIN
        INSERT INTO e2e_first SELECT NEW.endpoint, NEW.status, (NEW.due_at - a.started_at - a.took_us) / 1e6
          FROM delivery_attempt a WHERE a.delivery = NEW.id; END;`);
    home.messages(all.map(({ type }) => ({ type })));
    await until('each was tried', () => home.one('SELECT count(*) FROM e2e_first') >= all.length, 40000);
    home.change('DROP TRIGGER e2e_first;');
    for (const { what, wanted: [status, error, state, least, most], endpoint } of all)
      await t.test(what, () => {
        const [attempt] = home.attempts(endpoint);
        const [first] = home.sql(`SELECT status, wait FROM e2e_first WHERE endpoint = ${endpoint.id}`);
        assert.deepEqual([attempt.status, first.status], [status, state]);
        assert.ok(String(error).split('|').includes(String(attempt.error)), attempt.error);
        assert.equal(attempt.good, state === 'delivered' ? 1 : 0);
        if (state === 'pending')
          assert.ok(first.wait >= least && first.wait <= most + 5 * slow, `it waits ${first.wait} s`);
      });
    const huge = rows.find(({ what }) => what === 'sends a gigabyte').endpoint;
    assert.ok(home.one(`SELECT max(length(answer)) FROM delivery_attempt WHERE endpoint = ${huge.id}`) <= 16384 + 4096);
    const hung = home.attempts(rows.find(({ what }) => what === 'hangs').endpoint)[0];
    assert.ok(Math.abs(seconds(hung.took_us) - 20) < 5 * slow, `${hung.took_us} us`);
  });

  test('a kept connection that is closed at a bad moment loses nothing', async () => {
    const endpoint = home.endpoint(sink.url('/own/kept'), { types: 'e2e.kept' });
    const seen = new Map();
    sink.own = (rq, answer) => {
      if (rq.url !== '/own/kept') return false;
      const times = (seen.get(rq.socket) ?? 0) + 1;
      seen.set(rq.socket, times);
      // The second one on a connection meets a closed door, as a server does that has waited long enough.
      if (times === 2) rq.socket.destroy();
      else answer.writeHead(200).end('ok');
      return true;
    };
    for (let n = 0; n < 6; n++) {
      home.message({ type: 'e2e.kept', payload: { n } });
      await until('it is settled or waits', () => home.count(endpoint, 'sending') === 0 && home.deliveries(endpoint).length === n + 1
        && home.deliveries(endpoint)[n].attempts > 0);
    }
    home.hurry(`endpoint = ${endpoint.id}`);
    await home.delivered(endpoint, 6);
    assert.deepEqual([...new Set(sink.of('/own/kept').map((came) => sink.json(came).data.n))].sort(), [0, 1, 2, 3, 4, 5]);
  });

  test('after ten attempts it is failed, and a message says so', { timeout: 180000 * slow }, async () => {
    const endpoint = home.endpoint(sink.url('/500/ten'), { types: 'e2e.ten' });
    home.message({ type: 'e2e.ten' });
    const delays = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400];
    for (let n = 1; n <= 10; n++) {
      await home.tried(endpoint, n);
      const [delivery] = home.deliveries(endpoint);
      if (n < 10) {
        const [last] = home.sql(`SELECT started_at + took_us AS at FROM delivery_attempt WHERE endpoint = ${endpoint.id} ORDER BY id DESC LIMIT 1`);
        const wait = seconds(delivery.due_at - last.at);
        assert.ok(wait >= delays[n - 1] * 0.8 && wait <= delays[n - 1] * 1.2 + 3 * slow, `after ${n} it waits ${wait} s`);
        home.hurry(`endpoint = ${endpoint.id}`);
      }
    }
    const [delivery] = home.deliveries(endpoint);
    assert.deepEqual([delivery.status, delivery.attempts, delivery.why], ['failed', 10, 'http 500']);
    await until('the watcher hears of it', () => sink.of('/200/watch').some((came) => sink.json(came).type === 'message.attempt.exhausted'));
    const told = sink.of('/200/watch').map((came) => verified(came, watcher.secret)).find(({ type }) => type === 'message.attempt.exhausted');
    assert.equal(told.data.endpoint_id, endpoint.name);
    assert.equal(told.data.attempts, 10);
    assert.equal(told.data.last_error, 'http 500');
    assert.equal(told.data.message_id, sink.of('/500/ten')[0].headers['webhook-id']);
  });

  const disabled = async (endpoint) => {
    await until(`${endpoint.name} is disabled`, () => home.one(`SELECT state FROM endpoint WHERE id = ${endpoint.id}`) === 'disabled');
    await until('the watcher hears of it', () => sink.of('/200/watch').some((came) => sink.json(came).type === 'endpoint.disabled'
      && sink.json(came).data.endpoint_id === endpoint.name));
    return home.one(`SELECT state_why FROM endpoint WHERE id = ${endpoint.id}`);
  };
  test('410 disables it at once; what is open and what comes is held', async () => {
    const endpoint = home.endpoint(sink.url('/410/gone'), { types: 'e2e.gone' });
    home.messages([{ type: 'e2e.gone' }, { type: 'e2e.gone' }]);
    assert.match(await disabled(endpoint), /410/);
    home.message({ type: 'e2e.gone' });
    await until('all are held', () => home.count(endpoint, 'held') === 3);
  });

  test('five days of nothing but failure disable it, one success forgets them', async () => {
    const endpoint = home.endpoint(sink.url('/500/days'), { types: 'e2e.days' });
    const day = 86400e6;
    const failing = (days) => home.change(`UPDATE endpoint SET failed_at = ${now_us() - days * day}, failing_at = ${now_us() - days * day}, failures = 9
      WHERE id = ${endpoint.id};`);
    failing(4.9);
    home.message({ type: 'e2e.days' });
    await home.tried(endpoint, 1);
    assert.equal(home.one(`SELECT state FROM endpoint WHERE id = ${endpoint.id}`), 'enabled');
    home.change(`UPDATE endpoint SET url = '${sink.url('/200/days')}' WHERE id = ${endpoint.id};`);
    home.hurry(`endpoint = ${endpoint.id}`);
    await home.delivered(endpoint, 1);
    assert.equal(home.one(`SELECT failing_at FROM endpoint WHERE id = ${endpoint.id}`), null);
    home.change(`UPDATE endpoint SET url = '${sink.url('/500/days')}' WHERE id = ${endpoint.id};`);
    failing(5.01);
    home.message({ type: 'e2e.days' });
    assert.match(await disabled(endpoint), /five days/);
  });
});

describe('in order', () => {
  test('an ordered endpoint keeps the order of each subject, whatever fails or is killed', { timeout: 120000 * slow }, async () => {
    const home = new Outgoing(), owners = 8, each = sanitized ? 8 : 25;
    let going = true;
    // Every fifth is refused, every eleventh is never answered.
    let times = 0;
    const sink = await Sink.open({ own: (rq, answer) => {
      if (++times % 11 === 0) rq.socket.destroy();
      else answer.writeHead(times % 5 === 0 ? 500 : 200).end();
      return true;
    } });
    try {
      const endpoint = home.endpoint(sink.url('/ordered'), { ordered: 'yes' });
      home.messages(Array.from({ length: owners * each }, (_, n) => ({ owner: `u${n % owners}`, payload: { owner: n % owners, n: Math.floor(n / owners) } })));
      const keeper = (async () => {
        while (going) {
          // It gets some way each time, however slow the machine is.
          const worker = home.worker(), before = times;
          await until('it sends', () => times > before + 5 || !going || worker.exitCode !== null, 60000);
          const kill = setTimeout(() => worker.kill('SIGKILL'), 300 * slow);
          await worker.gone;
          clearTimeout(kill);
        }
      })();
      const end = Date.now() + 90000 * slow;
      while (home.count(endpoint, 'delivered') < owners * each && Date.now() < end) {
        home.hurry();
        await sleep(100);
      }
      going = false;
      await Promise.all([...home.running].map((child) => home.stop(child)));
      await keeper;
      assert.equal(home.count(endpoint, 'delivered'), owners * each);
      for (let owner = 0; owner < owners; owner++) {
        const came = sink.came.map((one) => sink.json(one).data).filter((data) => data.owner === owner).map(({ n }) => n);
        // A repetition of the last one is all that may come between.
        for (let i = 1; i < came.length; i++)
          assert.ok(came[i] === came[i - 1] || came[i] === came[i - 1] + 1, `u${owner}: ${came}`);
        assert.equal(came.at(-1), each - 1);
      }
    } finally {
      going = false;
      await home.close();
      await sink.close();
    }
  });
});

describe('the worker', () => {
  let home, sink;
  before(async () => { sink = await Sink.open(); });
  after(() => sink.close());

  test('worker --once sends, comes to its end beside a sick one, and leaves the retries', { timeout: 100000 * slow }, async () => {
    home = new Outgoing();
    try {
      const well = home.endpoint(sink.url('/200/once')), sick = home.endpoint(sink.url('/hang'));
      home.messages(Array.from({ length: 40 }, (_, n) => ({ payload: { n } })));
      const began = Date.now();
      const run = await home.hkAsync(['worker', '--once']);
      const took = (Date.now() - began) / 1000;
      assert.equal(run.status, 0, run.err);
      assert.equal(home.count(well, 'delivered'), 40);
      assert.equal(sink.of('/200/once').length, 40);
      assert.ok(took < 75 * slow, `${took} s`);
      assert.equal(home.count(sick, 'sending'), 0);
      assert.ok(home.attempts(sick).every(({ error }) => error === 'E_TIMEOUT'));
    } finally {
      await home.close();
    }
  });

  test('while worker --once waits for an answer, what is received is worked off', { timeout: 180000 * slow }, async () => {
    home = new Outgoing();
    try {
      const sick = home.endpoint(sink.url('/hang/meanwhile'), { types: 'e2e.hang' });
      home.message({ type: 'e2e.hang' });
      const run = home.hkAsync(['worker', '--once']);
      await until('it waits', () => sink.of('/hang/meanwhile').length === 1);
      const clerk = await spawnFcgi(home, 'clerk');
      const web = await lighttpdFor(home, { '/clerk': clerk.socket });
      const { json, status, text } = await send(web.url('/clerk'), 'clerk', home.secret.clerk, clerkUser().body);
      assert.equal(status, 200, text);
      await until('it is handled meanwhile', () => home.one(`SELECT outcome FROM event WHERE id = ${json.id}`) === 'handled', 5000);
      assert.equal(home.count(sick, 'sending'), 1);
      assert.equal((await run).status, 0);
    } finally {
      await home.close();
    }
  });

  test('a worker that starts is not kept out by one that works once and waits for an answer', { timeout: 180000 * slow }, async () => {
    home = new Outgoing();
    try {
      const hangs = home.endpoint(sink.url('/hang/once'), { types: 'e2e.*' });
      home.messages([{ type: 'e2e.hangs' }]);
      const once = home.worker(['--once']);
      await until('it is in flight', () => sink.of('/hang/once').length === 1);
      const worker = home.worker();
      assert.deepEqual(await once.gone, { code: 0, signal: null });
      await until('it is sent again', () => sink.of('/hang/once').length === 2, 20000 * slow);
      assert.equal(home.count(hangs, 'sending'), 1);
      assert.equal(worker.exitCode, null);
    } finally {
      await home.close();
    }
  });

  test('SIGTERM: what is in flight comes to its end or is sent again, within 5 s', { timeout: 180000 * slow }, async () => {
    home = new Outgoing();
    try {
      const quick = home.endpoint(sink.url('/slow/1500'), { types: 'e2e.quick' });
      const hangs = home.endpoint(sink.url('/hang/term'), { types: 'e2e.hangs' });
      const worker = home.worker();
      home.messages([{ type: 'e2e.quick' }, { type: 'e2e.hangs' }]);
      await until('both are in flight', () => sink.of('/slow/1500').length === 1 && sink.of('/hang/term').length === 1);
      const began = Date.now();
      assert.deepEqual(await home.stop(worker), { code: 0, signal: null });
      // Four seconds are waited; a stop that was not obeyed ends after eight, by force.
      assert.ok(Date.now() - began < 7500 * slow, `${Date.now() - began} ms`);
      assert.equal(home.count(quick, 'delivered'), 1, 'its answer was waited for');
      assert.equal(home.count(hangs, 'sending'), 1, 'nobody knows');
      home.worker();
      await until('it is sent again', () => sink.of('/hang/term').length === 2);
    } finally {
      await home.close();
    }
  });
});

describe('the sick and the healthy', () => {
  // The median of how long a message to each of five healthy ones takes.
  async function healthy(sickOnes, sink) {
    const home = new Outgoing();
    try {
      const well = Array.from({ length: 5 }, (_, n) => home.endpoint(sink.url(`/200/well${n}`), { types: 'e2e.*' }));
      for (const at of sickOnes) home.endpoint(sink.url(at), { types: 'e2e.*' });
      home.worker();
      // What the sick ones have not taken, from the beginning.
      home.messages(Array.from({ length: 20 }, () => ({ type: 'e2e.first' })));
      for (const one of well) await home.delivered(one, 20);
      await sleep(1000);
      for (let n = 0; n < (sanitized ? 15 : 40); n++) {
        home.message({ type: 'e2e.well', payload: { n } });
        await sleep(60);
      }
      for (const one of well) await home.delivered(one, 20 + (sanitized ? 15 : 40));
      const took = home.sql(`SELECT (a.started_at + a.took_us - m.created_at) / 1000.0 AS ms,
        (a.started_at + a.took_us - d.created_at) / 1000.0 AS sent FROM delivery_attempt a
        JOIN delivery d ON d.id = a.delivery JOIN message m ON m.id = d.message WHERE m.type = 'e2e.well' AND a.endpoint <= 5`);
      assert.equal(took.length, 5 * (sanitized ? 15 : 40));
      const median = (of) => took.map(of).sort((a, b) => a - b)[Math.floor(took.length / 2)];
      return { all: median(({ ms }) => ms), sent: median(({ sent }) => sent) };
    } finally {
      await home.close();
    }
  }

  test('thirty sick ones delay nobody', { timeout: 300000 * slow }, async (t) => {
    const sink = await Sink.open();
    const kinds = ['/hang', '/drip', '/reset', '/500', '/slow/5000'];
    const sick = Array.from({ length: 30 }, (_, n) => `${kinds[n % kinds.length]}${n % kinds.length === 4 ? '' : `/${n}`}`);
    try {
      let best;
      // A machine has its moods: the best of five.
      for (let round = 0; round < 5 && !(best?.ratio <= 1.2); round++) {
        const alone = await healthy([], sink), beside = await healthy(sick, sink);
        // From the message to the answer, in which most is our looking for messages; and
        // from the delivery to the answer, where the machine has three times as much to do:
        // who is held up by the sick waits for seconds.
        const now = { alone, beside, ratio: Math.max(beside.all / alone.all,
          Math.min((beside.sent - 5) / alone.sent, beside.sent / alone.sent / 4)) };
        if (!best || now.ratio < best.ratio) best = now;
      }
      t.diagnostic(`median ${best.alone.all.toFixed(1)} ms alone (${best.alone.sent.toFixed(1)} to send), `
        + `${best.beside.all.toFixed(1)} (${best.beside.sent.toFixed(1)}) beside 30 sick ones`);
      assert.ok(best.ratio <= 1.2 * (sanitized ? 3 : 1), JSON.stringify(best));
    } finally {
      await sink.close();
    }
  });

  test('first attempts do not wait for a backlog of retries', { timeout: 180000 * slow }, async (t) => {
    const home = new Outgoing(), sink = await Sink.open();
    try {
      const endpoint = home.endpoint(sink.url('/slow/20/x'), { types: 'e2e.*' });
      home.messages(Array.from({ length: 3000 }, (_, n) => ({ type: 'e2e.old', payload: { n } })));
      home.change(`UPDATE fanout SET message = (SELECT max(id) FROM message);
        INSERT INTO delivery (endpoint, message, subject, status, attempts, retry, due_at, created_at)
          SELECT ${endpoint.id}, id, owner, 'pending', 1, 1, created_at, created_at FROM message;`);
      home.worker();
      await home.delivered(endpoint, 50);
      home.message({ type: 'e2e.new' });
      await until('the new one is there', () => sink.came.some((came) => sink.json(came).type === 'e2e.new'));
      const before = sink.came.findIndex((came) => sink.json(came).type === 'e2e.new');
      t.diagnostic(`after ${before} of 3000 retries`);
      assert.ok(before < 2500, `only after ${before} of them`);
    } finally {
      await home.close();
      await sink.close();
    }
  });
});

describe('whom we send to', () => {
  const tricky = [
    'http://127.0.0.1/', 'http://127.1.2.3/', 'http://0.0.0.0/', 'http://10.0.0.1/', 'http://172.16.0.1/', 'http://192.168.1.1/',
    'http://100.64.0.1/', 'http://169.254.169.254/latest/meta-data/', 'http://100.100.100.200/', 'http://192.0.0.192/', 'http://198.18.0.1/',
    'http://224.0.0.1/', 'http://240.0.0.1/', 'http://255.255.255.255/', 'http://2130706433/', 'http://0x7f000001/', 'http://0x7f.1/',
    'http://0177.0.0.1/', 'http://017700000001/', 'http://127.1/', 'http://127.0.0.1./', 'http://127.0.0.01/', 'http://0300.0250.1.1/',
    'http://1.2.3.4.5/', 'http://0/', 'http://1/', 'http://4294967296/', 'http://[::1]/', 'http://[::]/', 'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/', 'http://[::127.0.0.1]/', 'http://[64:ff9b::a9fe:a9fe]/', 'http://[64:ff9b:1::1]/', 'http://[fe80::1]/',
    'http://[fe80::1%25eth0]/', 'http://[fe80::1%eth0]/', 'http://[fc00::1]/', 'http://[fd00:ec2::254]/', 'http://[ff02::1]/',
    'http://[2002:7f00:1::]/', 'http://[2001:0:7f00:1::]/', 'http://[127.0.0.1]/', 'http://[::1/', 'http://localhost/', 'http://LOCALHOST/',
    'http://localhost./', 'http://a.localhost/', 'http://printer.local/', 'http://metadata.google.internal/', 'http://router.lan/',
    'http://example.com@127.0.0.1/', 'http://user:pw@example.com/', 'http://127.0.0.1\\@example.com/', 'http:\\\\example.com/',
    'http:///example.com/', 'http://example.com\t/', 'http://example.com/a b', ' http://example.com/', 'http://example.com\r\nHost: x/',
    'http://exämple.com/', 'http://①②⑦.0.0.1/', 'http://example.com/#x', 'http://127.0.0.1%2f@example.com/', 'http://ex%61mple.com/',
    'http://a..example.com/', 'http://example.com:0/', 'http://example.com:65536/', 'http://example.com:80a/', 'http://',
    'ftp://example.com/', 'file:///etc/passwd', 'gopher://example.com/', '//example.com/', 'javascript:alert(1)',
  ];
  test(`${tricky.length} tricky addresses are refused when they are saved`, async () => {
    const home = new Outgoing({ settings: { outbox: {} } });
    try {
      for (const url of tricky) {
        const run = home.hk(['endpoint', 'add', url, '--types', '*']);
        assert.ok(run.status !== 0 && run.status !== null, `${JSON.stringify(url)} was taken`);
        assert.match(run.err, /url/, JSON.stringify(url));
      }
      assert.equal(home.one('SELECT count(*) FROM endpoint'), 0);
      // One that got in all the same is an error of its own, never reached and never the worker's end.
      assert.ok(tricky.length >= 60);
      assert.equal(home.hk(['endpoint', 'add', 'https://example.com/hook', '--types', 'none.such']).status, 0);
      for (const url of tricky.filter((one) => !one.includes('\\')))
        home.change(`INSERT INTO endpoint (channel, url, types, payload, state, state_at, heard_to, created_at, updated_at)
          VALUES ('webhook', '${url}', '*', 'full', 'enabled', 0, 0, 0, 0);
          INSERT INTO endpoint_secret (endpoint, kind, sealed, created_at)
            SELECT (SELECT max(id) FROM endpoint), kind, sealed, created_at FROM endpoint_secret WHERE endpoint = 1;`);
      home.message({});
      assert.equal(home.hk(['worker', '--once']).status, 0);
      const told = home.sql('SELECT error, count(*) AS n FROM delivery_attempt GROUP BY 1');
      assert.deepEqual(told, [{ error: 'E_ADDRESS', n: tricky.filter((one) => !one.includes('\\')).length }]);
    } finally {
      await home.close();
    }
  });

  test('proxies of the environment are nobody we ask; a redirection is followed nowhere', async () => {
    const home = new Outgoing(), sink = await Sink.open(), proxy = await Sink.open();
    try {
      const endpoint = home.endpoint(sink.url('/moved')), other = home.endpoint(sink.url('/302/here'));
      home.message({});
      const run = await home.hkAsync(['worker', '--once'], { env: {
        http_proxy: proxy.origin, https_proxy: proxy.origin, all_proxy: proxy.origin, ALL_PROXY: proxy.origin, HTTPS_PROXY: proxy.origin,
      } });
      assert.equal(run.status, 0, run.err);
      assert.deepEqual([endpoint, other].map((one) => home.attempts(one).map(({ status }) => status)), [[302], [302]]);
      assert.equal(proxy.came.length, 0);
      assert.deepEqual(sink.came.map(({ path: at }) => at).sort(), ['/302/here', '/moved']);
    } finally {
      await home.close();
      await sink.close();
      await proxy.close();
    }
  });
});
