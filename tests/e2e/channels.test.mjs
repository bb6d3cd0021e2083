// The other ways out: commands, mails through sendmail, short messages, Unkey; and
// that what is to be sent is sent where no worker lives.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sleep, until } from './lib/home.mjs';
import { Outgoing } from './lib/outgoing.mjs';
import { checkout, clerkUser, request, send, stripeEvent } from './lib/senders.mjs';
import { apache, lighttpdFor, spawnFcgi } from './lib/servers.mjs';
import { Sink, verified } from './lib/sink.mjs';

const sections = (home, all) => fs.appendFileSync(home.conf, Object.entries(all).map(([section, rows]) =>
  `\n[${section}]\n${Object.entries(rows).map(([k, v]) => `${k} = ${v}\n`).join('')}`).join(''));
const script = (home, name, text) => {
  const file = path.join(home.dir, 'programs', name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  home.give(path.dirname(file));
  home.write(file, `#!/bin/sh\n${text}\n`);
  fs.chmodSync(file, 0o700);
  return file;
};
const named = (home, name) => ({ id: home.one(`SELECT id FROM endpoint WHERE name = '${name}'`), name });
const parts = (file) => fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n%%\n').filter(Boolean) : [];
// Quoted-printable, of UTF-8.
const decoded = (text) => Buffer.from(text.replaceAll('=\n', '').replace(/=([0-9A-F]{2})/g,
  (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString();

describe('commands and mails', () => {
  const home = new Outgoing();
  const said = path.join(home.dir, 'said'), mails = path.join(home.dir, 'mails'), texts = path.join(home.dir, 'texts');
  const record = (file, more = '') => `{ cat; env | sort; printf '\\n%%%%\\n'; } >>${file}; ${more}`;
  const code = '424242', own = 'her own code';
  let clerk, sink, webhook;
  before(async () => {
    sink = await Sink.open();
    const template = path.join(home.dir, 'welcome.txt');
    home.write(template, 'Hej {{data.first_name}}!\n');
    sections(home, {
      'command own': { path: script(home, 'own', record(said)), args: 'one two', types: 'own.* user.deleted' },
      'command later': { path: script(home, 'later', `echo try again; test -e ${home.dir}/now || exit 75`), types: 'later.type' },
      'command gone': { path: '/nowhere/program', types: 'gone.type' },
      'command greedy': { path: script(home, 'greedy', record(`${home.dir}/greedy`)), types: '* clerk.*' },
      'command sms': { path: script(home, 'sms', record(texts)), types: 'clerk.sms' },
      'mail welcome': { types: 'user.created', from: 'Shöp Süd <shop@example.com>', subject: 'Välkommen {{data.first_name}}',
        template, sendmail: script(home, 'sendmail', `printf '%s|' "$@" >>${mails}; ${record(mails)}`) },
      'mail codes': { types: 'clerk.email', from: 'noreply@example.com', sendmail: script(home, 'sendmail2',
        `{ printf '%s|' "$@"; cat; printf '\\n%%%%\\n'; } >>${mails}; test ! -e ${home.dir}/full`) },
    });
    webhook = home.endpoint(sink.url('/200/all'), { types: '* clerk.* clerk.email clerk.sms' });
    clerk = await spawnFcgi(home, 'clerk');
    clerk.web = await lighttpdFor(home, { '/clerk': clerk.socket });
    clerk.send = async (type, data, more = {}) => {
      const { status, json } = await send(clerk.web.url('/clerk'), 'clerk', home.secret.clerk, JSON.stringify({
        data, instance_id: 'ins_FAKE', object: 'event', timestamp: Date.now(), type, ...more }));
      assert.equal(status, 200);
      await home.settled();
      return home.sql(`SELECT * FROM event WHERE id = ${json.id}`)[0];
    };
    home.worker();
    await until('rows of the channels', () => named(home, 'mail:codes').id);
  });
  after(async () => {
    await home.close();
    await sink.close();
  });

  test('a command gets the message as a webhook would, and what it did is written down', async () => {
    const own = named(home, 'command:own');
    home.message({ type: 'own.made', payload: { name: 'Jörg' } });
    await home.delivered(own, 1);
    const [text] = parts(said);
    const [json, ...env] = text.replace('}PATH', '}\nPATH').replace('}HOOK', '}\nHOOK').split('\n');
    assert.deepEqual(JSON.parse(json).data, { name: 'Jörg' });
    assert.equal(JSON.parse(json).type, 'own.made');
    assert.deepEqual(env.map((line) => line.split('=')[0]).filter((name) => !/^(PATH|PWD|_|SHLVL|OLDPWD|)$/.test(name)),
      ['HOOKKEEPER_ATTEMPT', 'HOOKKEEPER_ENDPOINT', 'HOOKKEEPER_MESSAGE', 'HOOKKEEPER_MODE', 'HOOKKEEPER_TYPE']);
    assert.deepEqual(home.attempts(own).map(({ status, good }) => [status, good]), [[0, 1]]);
  });

  test('one that says "later" is asked again by the schedule', async () => {
    const later = named(home, 'command:later');
    home.message({ type: 'later.type' });
    await home.tried(later, 1);
    await until('it waits', () => home.deliveries(later)[0].status === 'pending');
    assert.equal(home.deliveries(later)[0].why, 'E_LATER');
    assert.deepEqual(home.attempts(later).slice(0, 1).map(({ status, error, answer }) => [status, error, answer]), [[75, 'E_LATER', 'try again\n']]);
    home.write(path.join(home.dir, 'now'), '');
    await home.delivered(later, 1);		// after 5 s
    assert.ok(home.attempts(later).length >= 2);
  });

  test('a program that is not there is that endpoint\'s failure alone', async () => {
    const gone = named(home, 'command:gone');
    home.message({ type: 'gone.type' });
    await home.tried(gone, 1);
    assert.equal(home.attempts(gone)[0].error, 'E_FILE');
    assert.match(home.logText(), /\[command gone\] will not work: \/nowhere\/program/);
  });

  test('a welcome mail', async () => {
    const { body, user } = clerkUser();
    const { status } = await send(clerk.web.url('/clerk'), 'clerk', home.secret.clerk, body);
    assert.equal(status, 200);
    await home.delivered(named(home, 'mail:welcome'), 1);
    const mail = parts(mails)[0];
    assert.match(mail, /^-i\|-t\|-f\|shop@example\.com\|From: =\?UTF-8\?B\?/);
    assert.match(mail, new RegExp(`\nTo: <${user.toLowerCase()}@example.com>\n`));
    assert.ok(mail.includes(`\nSubject: =?UTF-8?B?${Buffer.from('Välkommen Ada').toString('base64')}?=\n`), mail);
    assert.match(mail, /\nAuto-Submitted: auto-generated\n/);
    assert.match(mail, /\n\nHej Ada!\n/);
    fs.rmSync(mails);
  });

  const email = (more = {}) => ({
    id: 'ema_1', object: 'email', slug: 'verification_code', status: 'queued', user_id: 'user_x',
    delivered_by_clerk: false, to_email_address: 'nora@example.com', from_email_name: 'noreply',
    subject: `${code} is your code`, body: `<p>${code}</p>`, body_plain: `Your ${own} is ${code}.`,
    data: { otp_code: code }, ...more,
  });

  test('a mail that Clerk leaves to us goes to sendmail and nowhere else, and is wiped', async () => {
    const event = await clerk.send('email.created', email());
    assert.equal(event.outcome, 'handled');
    await home.delivered(named(home, 'mail:codes'), 1);
    const mail = parts(mails)[0];
    assert.match(mail, /\nTo: <nora@example\.com>\nSubject: 424242 is your code\n/);
    assert.match(mail, /multipart\/alternative/);
    assert.match(decoded(mail), /Your her own code is 424242\.\n[^]*<p>424242<\/p>\n/);
    assert.deepEqual(home.sql("SELECT payload, expires_at FROM message WHERE type = 'clerk.email'"), [{ payload: '{}', expires_at: null }]);
  });

  test('a short message goes to the command that names it', async () => {
    await clerk.send('sms.created', {
      id: 'sms_1', object: 'sms_message', slug: 'verification_code', status: 'queued', user_id: null,
      delivered_by_clerk: false, to_phone_number: '+15005550001', message: `${code} is the code`, data: {},
    });
    await home.delivered(named(home, 'command:sms'), 1);
    const { type, data } = JSON.parse(parts(texts)[0].split('}}')[0] + '}}');
    assert.deepEqual([type, data.to, data.text], ['clerk.sms', '+15005550001', '424242 is the code']);
  });

  test('nobody else hears of them, whatever types he names', async () => {
    assert.deepEqual(home.sql(`SELECT m.type FROM delivery d JOIN message m ON m.id = d.message
      WHERE m.type LIKE 'clerk.%' AND d.endpoint IN (${webhook.id}, ${named(home, 'command:greedy').id})
      AND m.type NOT LIKE 'clerk.user%'`), []);
    for (const { body } of sink.came) assert.doesNotMatch(body.toString(), new RegExp(code));
    assert.doesNotMatch(parts(path.join(home.dir, 'greedy')).join(), new RegExp(code));
    assert.doesNotMatch(home.logText(), new RegExp(code));
    const dump = home.sql(`SELECT answer, request, address FROM delivery_attempt`);
    assert.doesNotMatch(JSON.stringify(dump), new RegExp(code));
  });

  test('what Clerk delivers itself, or made long ago, is not sent', async () => {
    const before = parts(mails).length;
    const by = await clerk.send('email.created', email({ delivered_by_clerk: true }));
    const old = await clerk.send('email.created', email(), { timestamp: Date.now() - 11 * 60000 });
    assert.deepEqual([by.outcome, old.outcome], ['skipped', 'skipped']);
    assert.match(old.reason, /made more than 10 minutes ago/);
    await sleep(300);
    assert.equal(parts(mails).length, before);
  });

  test('after ten minutes it is not tried any more, and is wiped', async () => {
    const codes = named(home, 'mail:codes');
    home.write(path.join(home.dir, 'full'), '');
    await clerk.send('email.created', email());
    await home.tried(codes, 2);
    assert.match(home.sql("SELECT payload FROM message WHERE type = 'clerk.email' ORDER BY id DESC")[0].payload, /424242/);
    home.change(`UPDATE message SET expires_at = ${Date.now() * 1000 - 1} WHERE expires_at IS NOT NULL`);
    await until('it has failed', () => home.count(codes, 'failed') === 1);
    assert.equal(home.deliveries(codes)[1].why, 'expired');
    await until('it is wiped', () => home.one("SELECT payload FROM message WHERE type = 'clerk.email' ORDER BY id DESC") === '{}');
    const tries = home.attempts(codes).length;
    home.hurry();
    await sleep(500);
    assert.equal(home.attempts(codes).length, tries);
  });

  test('a channel that the settings have no more is disabled, and enabled when it is back', async () => {
    const conf = fs.readFileSync(home.conf, 'utf8');
    const state = () => home.sql("SELECT state, state_why FROM endpoint WHERE name = 'command:own'")[0];
    const restart = async () => {
      for (const child of [...home.running]) if (child.spawnargs.includes('worker')) await home.stop(child);
      home.worker();
    };
    fs.writeFileSync(home.conf, conf.replace('[command own]', '[command another]'));
    await restart();
    await until('it is gone', () => state().state === 'disabled');
    assert.match(state().state_why, /no more/);
    assert.ok(named(home, 'command:another').id);
    fs.writeFileSync(home.conf, conf);
    await restart();
    await until('it is back', () => state().state === 'enabled');
  });
});

// Unkey's API v2 as documented, as far as we use it, in a file of its own.
class Unkey {
  static async open() {
    const u = new Unkey();
    u.keys = {};		// id: credits
    u.calls = [];		// { method, body }
    u.next = [];		// what becomes of the next calls: functions, else as usual
    u.server = http.createServer((rq, answer) => u.hear(rq, answer));
    await new Promise((done) => u.server.listen(0, '127.0.0.1', done));
    u.address = `http://127.0.0.1:${u.server.address().port}`;
    return u;
  }

  async hear(rq, answer) {
    const chunks = [];
    for await (const chunk of rq) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks)), method = rq.url.replace('/v2/', '');
    this.calls.push({ method, body, authorization: rq.headers.authorization });
    const say = (status, what, headers = {}) => answer.writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ meta: { requestId: 'req_1' }, ...what }));
    const wrong = (status, title, headers) => say(status, { error: { title, status, type: 'about:blank', detail: title } }, headers);
    const act = () => {
      if (rq.headers.authorization !== 'Bearer unkey_root_FAKE') return wrong(401, 'Unauthorized');
      if (!(body.keyId in this.keys)) return wrong(404, 'Not Found');
      if (method === 'keys.getKey') return say(200, { data: { keyId: body.keyId, start: 'sk', enabled: true, credits: { remaining: this.keys[body.keyId] } } });
      if (method !== 'keys.updateCredits') return wrong(404, 'Not Found');
      if (body.operation === 'set') this.keys[body.keyId] = body.value;
      else this.keys[body.keyId] += body.operation === 'increment' ? body.value : -body.value;
      return say(200, { data: { remaining: this.keys[body.keyId] } });
    };
    const own = this.next.shift();
    if (own) return own({ act, wrong, drop: () => rq.socket.destroy(), apply: () => {
      if (body.operation === 'increment') this.keys[body.keyId] += body.value;
    } });
    return act();
  }

  updates() {
    return this.calls.filter(({ method }) => method === 'keys.updateCredits').map(({ body: { operation, value } }) => [operation, value]);
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}

describe('Unkey', () => {
  let unkey, home, endpoint;
  const user = '01890000-0000-7000-8000-000000000001';
  const set = async (burn_at) => {
    home = new Outgoing();
    sections(home, { unkey: { root_key: 'unkey_root_FAKE', api: unkey.address, burn_at } });
    home.change(`INSERT INTO site_user (id, clerk_id, metadata, created_at, updated_at) VALUES ('${user}', 'user_u', '{"unkey_key_id":"key_1"}', 0, 0);
      INSERT INTO account (owner_kind, owner, balance, created_at) VALUES ('user', '${user}', 540, 0);`);
    unkey.keys = { key_1: 10 };
    unkey.calls.length = unkey.next.length = 0;
    home.worker();
    await until('its row', () => named(home, 'unkey').id);
    endpoint = named(home, 'unkey');
  };
  const tell = (type, amount = 500) => home.message({ type, owner: user, payload: { owner_kind: 'user', owner: user, amount, balance: 1, kind: 'purchase', business_key: 'k' } });
  before(async () => { unkey = await Unkey.open(); });
  after(() => unkey.close());

  describe('which is told what is burnt here', () => {
    before(() => set('here'));
    after(() => home.close());

    test('gets the balance as it is when it is told, once for many changes', async () => {
      tell('credit_balance_updated');
      await home.delivered(endpoint, 1);
      assert.deepEqual(unkey.updates(), [['set', 540]]);
      assert.equal(unkey.keys.key_1, 540);
      home.change(`UPDATE account SET balance = 33 WHERE owner = '${user}'`);
      for (let i = 0; i < 10; i++) tell('credit_balance_updated');
      await home.delivered(endpoint, 11);
      assert.equal(unkey.keys.key_1, 33);
      assert.ok(unkey.updates().slice(1).every(([operation, value]) => operation === 'set' && value === 33));
    });

    test('a balance below 0 is none', async () => {
      home.change(`UPDATE account SET balance = -7 WHERE owner = '${user}'`);
      tell('credit_balance_updated');
      await home.delivered(endpoint, 12);
      assert.equal(unkey.keys.key_1, 0);
    });

    test('429 and its Retry-After, 5xx and silence are tried again', async () => {
      for (const [what, why] of [[({ wrong }) => wrong(429, 'Too Many Requests', { 'retry-after': '90' }), 'http 429'],
        [({ wrong }) => wrong(503, 'Service Unavailable'), 'http 503'], [({ drop }) => drop(), 'E_RESET']]) {
        const done = home.count(endpoint, 'delivered'), from = Date.now();
        unkey.next.push(what);
        tell('credit_balance_updated');
        await until(why, () => home.deliveries(endpoint).some((d) => d.status === 'pending' && d.why === why));
        if (why === 'http 429')
          assert.ok(home.deliveries(endpoint).find((d) => d.why === why).due_at / 1000 > from + 60000);
        home.hurry();
        await home.delivered(endpoint, done + 1);
      }
    });

    test('a key that Unkey does not have, and a user without one', async () => {
      home.change(`UPDATE site_user SET metadata = '{"unkey_key_id":"key_gone"}'`);
      tell('credit_balance_updated');
      await until('it has failed', () => home.count(endpoint, 'failed') === 1);
      home.change(`UPDATE site_user SET metadata = '{}'`);
      const done = home.count(endpoint, 'delivered');
      tell('credit_balance_updated');
      await home.delivered(endpoint, done + 1);
    });
  });

  describe('which burns itself', () => {
    before(() => set('unkey'));
    after(() => home.close());

    test('gets what is granted added, once', async () => {
      tell('credits_granted', 500);
      await home.delivered(endpoint, 1);
      assert.equal(unkey.keys.key_1, 510);
      assert.deepEqual(unkey.updates(), [['increment', 500]]);
    });

    test('an addition that was done, though no answer came, is not repeated', async () => {
      unkey.next.push(({ act }) => act(), ({ apply, drop }) => { apply(); drop(); });
      tell('credits_granted', 7);
      await home.delivered(endpoint, 2);
      unkey.next.push(({ act }) => act(), ({ apply, wrong }) => { apply(); wrong(500, 'Internal Server Error'); });
      tell('credits_granted', 3);
      await home.delivered(endpoint, 3);
      assert.equal(unkey.keys.key_1, 520);
    });

    test('one of which nobody knows is held for a person, who can send it again', async () => {
      unkey.next.push(({ act }) => act(), ({ drop }) => drop());
      tell('credits_granted', 11);
      await until('it is held', () => home.count(endpoint, 'held') === 1);
      const held = home.deliveries(endpoint).find(({ status }) => status === 'held');
      assert.match(held.why, /outcome is not known/);
      assert.equal(unkey.keys.key_1, 520);
      tell('credits_granted', 1);		// is not held up by it
      await home.delivered(endpoint, 4);
      const { status, err } = home.hk(['delivery', 'resend', String(held.id)]);
      assert.equal(status, 0, err);
      await home.delivered(endpoint, 5);
      assert.equal(unkey.keys.key_1, 532);
    });

    test('what was refused, or never left, is tried again', async () => {
      unkey.next.push(({ wrong }) => wrong(429, 'Too Many Requests'));
      tell('credits_granted', 5);
      await until('it waits', () => home.deliveries(endpoint).some((d) => d.status === 'pending' && d.why === 'http 429'));
      home.hurry();
      await home.delivered(endpoint, 6);
      assert.equal(unkey.keys.key_1, 537);
    });

    test('the worker was killed while it was adding: held, not added twice', async () => {
      unkey.next.push(({ act }) => act(), ({ apply }) => apply());	// and no answer
      tell('credits_granted', 100);
      await until('it is being added', () => unkey.keys.key_1 === 637);
      for (const child of [...home.running]) if (child.spawnargs.includes('worker')) await home.stop(child, 'SIGKILL');
      home.worker();
      await until('it is held', () => home.count(endpoint, 'held') === 1);
      assert.match(home.deliveries(endpoint).find(({ status }) => status === 'held').why, /lost with its worker/);
      assert.equal(unkey.keys.key_1, 637);
    });

    test('the root key is nowhere to be read', () => {
      assert.doesNotMatch(JSON.stringify(home.sql('SELECT request, answer FROM delivery_attempt')) + home.logText() +
        home.hk(['config']).out, /unkey_root_FAKE/);
    });
  });
});

describe('where no worker lives', () => {
  let home, sink, endpoint;
  const body = (user) => stripeEvent('checkout.session.completed', checkout({ user, credits: 500 })).body;
  const descriptors = (pid) => fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [fs.readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];		// closed meanwhile
    }
  });
  const workers = () => fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(path.join(home.bin, 'hookkeeper') + '\0worker');
    } catch {
      return false;
    }
  });
  const zombies = (parent) => fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return new RegExp(`^\\d+ \\(.*\\) Z ${parent} `).test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  });
  const user = '01890000-0000-7000-8000-000000000001';
  const prepare = (t) => {
    const own = home = new Outgoing();
    t.after(() => own.close());
    home.change(`INSERT INTO site_user (id, clerk_id, created_at, updated_at) VALUES ('${user}', 'user_u', 0, 0)`);
  };
  const ready = () => { endpoint = home.endpoint(sink.url('/200/sent'), { types: 'credits_granted' }); };
  // Who is kept waiting at /waits is answered when the test has seen enough.
  const waiting = [];
  before(async () => { sink = await Sink.open({ own: (rq, answer) => rq.url === '/waits' && waiting.push(answer) }); });
  after(() => sink.close());
  const idle = () => until('no worker is left', () => workers().length === 0, 30000);

  test('a receiver has a checkout delivered, by a child that is none of its', async (t) => {
    prepare(t);
    ready();
    const stripe = await spawnFcgi(home, 'stripe');
    const web = await lighttpdFor(home, { '/stripe': stripe.socket });
    // The receiver of it waits, so that the worker can be looked at.
    home.change(`UPDATE endpoint SET url = '${sink.url('/waits')}'`);
    const { status } = await send(web.url('/stripe'), 'stripe', home.secret.stripe, body(user));
    assert.equal(status, 200);
    const [pid] = await until('a worker is started', () => workers().length > 0 && workers());
    const seen = await until('it is itself', () => sink.came.length > 0 && descriptors(pid));
    for (const fd of seen)
      assert.ok(!fd.endsWith('/log') && !fd.endsWith('.sock'), fd);
    assert.match(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'), new RegExp(`\\) \\S \\d+ \\d+ (?!${stripe.child.pid} )`));
    assert.doesNotMatch(fs.readFileSync(`/proc/${pid}/environ`, 'latin1'), /STRIPE|REQUEST_METHOD/);
    // The web server and the receiver can go meanwhile.
    await home.stop(web.child);
    await home.stop(stripe.child);
    assert.equal(workers().length, 1);
    for (const answer of waiting.splice(0)) answer.writeHead(200).end();
    await home.delivered(endpoint, 1, 20000);
    verified(sink.came[0], endpoint.secret);
    await idle();
  });

  test('one start in ten seconds, and no zombie', async (t) => {
    prepare(t);
    ready();
    const stripe = await spawnFcgi(home, 'stripe');
    const web = await lighttpdFor(home, { '/stripe': stripe.socket });
    const before = sink.came.length;
    const from = Date.now();
    for (let i = 0; i < 20; i++) {
      assert.equal((await send(web.url('/stripe'), 'stripe', home.secret.stripe, body(user))).status, 200);
      await sleep(50);
    }
    await home.delivered(endpoint, 20, 30000);
    const starts = home.logText().match(/started .* worker --once/g).length;
    assert.ok(starts <= 1 + Math.ceil((Date.now() - from) / 10000), `${starts} starts`);
    assert.equal(sink.came.length - before, 20);
    assert.deepEqual(zombies(stripe.child.pid), []);
    await idle();
  });

  test('nobody listens: nothing is started', async (t) => {
    prepare(t);
    const stripe = await spawnFcgi(home, 'stripe');
    const web = await lighttpdFor(home, { '/stripe': stripe.socket });
    assert.equal((await send(web.url('/stripe'), 'stripe', home.secret.stripe, body(user))).status, 200);
    await home.settled();
    await sleep(300);
    assert.doesNotMatch(home.logText(), /worker --once/);
  });

  test('a message put by the API is sent as well', async (t) => {
    prepare(t);
    ready();
    const api = await spawnFcgi(home, 'api');
    const web = await lighttpdFor(home, { '/api/v1': api.socket });
    const { token } = home.token();
    const before = sink.came.length;
    const { status, text } = await request(web.url('/api/v1/messages'), { body: JSON.stringify({
      type: 'credits_granted', payload: {}, owner_kind: 'user', owner: user }), headers: {
      authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
    if (status >= 400)		// our own types are not for others: one of theirs
      assert.match(text, /type/);
    home.change(`UPDATE endpoint SET types = 'order.made credits_granted'`);
    if (status >= 400) {
      assert.ok((await request(web.url('/api/v1/event-types/order.made'), { method: 'PUT', body: JSON.stringify({ description: 'x' }), headers: {
        authorization: `Bearer ${token}`, 'content-type': 'application/json' } })).status < 300);
      const made = await request(web.url('/api/v1/messages'), { body: JSON.stringify({ type: 'order.made', payload: {} }), headers: {
        authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
      assert.ok(made.status < 300, made.text);
    }
    await until('it came', () => sink.came.length > before, 15000);
    await idle();
  });

  test('as plain CGI too, after the answer is out', async (t) => {
    if (!fs.existsSync('/usr/sbin/apache2')) return t.skip('no Apache');
    prepare(t);
    ready();
    const before = sink.came.length;
    const web = await apache(home, { ways: ['cgi'] });
    const put = async () => {
      const { status, text } = await send(web.url('cgi', '/webhooks/stripe'), 'stripe', home.secret.stripe, body(user));
      assert.equal(status, 200, text);
      return Date.now();
    };
    // It works for 50 ms: on a slow disk that is not enough, and the next one goes on.
    let last = await put();
    await until('it came', async () => {
      if (sink.came.length === before && Date.now() - last > 1000) last = await put();
      return sink.came.length > before;
    }, 15000);
    await idle();
  });
});
