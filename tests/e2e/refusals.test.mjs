// When hookkeeper itself is not able to take an event, the sender must come
// again: 503, nothing acknowledged, and taken as soon as things are right.
import { spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Home, randomId, sleep, until } from './lib/home.mjs';
import { apache, lighttpd } from './lib/servers.mjs';
import { clerkUser, request, resendEmail, send, stripeEvent } from './lib/senders.mjs';

const event = {
  stripe: () => stripeEvent('customer.created', { id: `cus_${randomId(14)}`, object: 'customer' }),
  clerk: () => ({ id: `msg_${randomId()}`, body: clerkUser().body }),
  resend: () => ({ id: `msg_${randomId()}`, body: resendEmail().body }),
};

function comeAgain(answer) {
  assert.equal(answer.status, 503, answer.text);
  assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
  assert.equal(typeof answer.json.error, 'string');
}

async function withHome(options, run) {
  const home = new Home(options);
  try {
    await run(home);
  } finally {
    await home.close();
  }
}

test('no secret configured: come again, for every sender, FastCGI and plain CGI', () =>
  withHome({ secrets: false }, async (home) => {
    const web = await lighttpd(home);
    for (const provider of ['stripe', 'clerk', 'resend'])
      for (const at of [`/webhooks/${provider}`, `/cgi/${provider}.fcgi`]) {
        const { id, body } = event[provider]();
        comeAgain(await send(web.url(at), provider, home.secret[provider], body, { id }));
      }
  }));

test('a database that somebody holds too long: come again, then taken', () =>
  withHome({ settings: { hookkeeper: { busy_timeout: 400 } } }, async (home) => {
    assert.equal(home.hk(['worker', '--once']).status, 0);	// makes the database, which may take longer
    const web = await lighttpd(home);
    const url = web.url('/webhooks/stripe');
    const secret = home.secret.stripe;
    assert.equal((await send(url, 'stripe', secret, event.stripe().body)).status, 200);

    const shell = home.start('sqlite3', ['-cmd', '.timeout 20000', home.db], { stdio: ['pipe', 'pipe', 'inherit'] });
    shell.stdin.write("BEGIN IMMEDIATE;\nSELECT 'held';\n");
    await until('the database is held', () => shell.stdout.read() !== null);
    const { id, body } = event.stripe();
    const began = Date.now();
    comeAgain(await send(url, 'stripe', secret, body));
    assert.ok(Date.now() - began < 6000, 'within its time limit');
    shell.stdin.end('COMMIT;\n');
    await shell.gone;
    const taken = await send(url, 'stripe', secret, body);
    assert.equal(taken.status, 200, taken.text);
    assert.equal(taken.json.duplicate, false, 'the first time was not acknowledged');
    assert.equal(home.one(`SELECT count(*) FROM event WHERE event_id = '${id}'`), 1);
  }));

test('two secrets while one is replaced: both are taken, and one says which', () =>
  withHome({}, async (home) => {
    const old = `whsec_${randomId(32)}`;
    home.write(home.conf, fs.readFileSync(home.conf, 'utf8')
      .replace(`secrets = ${home.secret.stripe}`, `secrets = new=${home.secret.stripe} old=${old}`));
    const web = await lighttpd(home);
    for (const [label, secret] of [['new', home.secret.stripe], ['old', old]]) {
      const { body, id } = event.stripe();
      assert.equal((await send(web.url('/webhooks/stripe'), 'stripe', secret, body)).status, 200);
      assert.equal(home.one(`SELECT secret_label FROM event WHERE event_id = '${id}'`), label);
    }
  }));

test('settings in the web site are refused: plain CGI tells the log, not the sender', () =>
  withHome({}, async (home) => {
    const web = await apache(home, { ways: ['cgi'] });
    const site = path.join(home.dir, 'site');
    home.write(path.join(site, 'inside.conf'), fs.readFileSync(home.conf));
    fs.chmodSync(path.join(site, 'inside.conf'), 0o600);
    home.write(path.join(site, 'hookkeeper.where'), `${path.join(site, 'inside.conf')}\n`);
    const answer = await send(web.url('cgi', '/webhooks/stripe'), 'stripe', home.secret.stripe, event.stripe().body);
    assert.equal(answer.status, 503, answer.text);
    assert.ok(!answer.text.includes(home.dir));
    await until('the log says why', () => /DOCUMENT_ROOT|document root/.test(home.logText()));
  }));

// It answered, then called a function that was not there: only its exit tells.
test('plain CGI without settings answers 503 and ends by itself, not by a signal', () =>
  withHome({}, async (home) => {
    const run = spawnSync(path.join(home.bin, 'stripe.fcgi'), {
      env: { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'POST', REQUEST_URI: '/webhooks/stripe',
        CONTENT_LENGTH: '2', HOOKKEEPER_CONF: path.join(home.dir, 'missing.conf') },
      input: '{}', encoding: 'utf8',
    });
    assert.equal(run.signal, null);
    assert.equal(run.status, 78);
    assert.match(run.stdout, /^Status: 503 /);
    assert.match(run.stderr, /missing\.conf/);
  }));

test('settings that others can read are refused', () =>
  withHome({}, async (home) => {
    fs.chmodSync(home.conf, 0o644);
    const run = home.hk(['events', 'list']);
    assert.equal(run.status, 78);
    assert.match(run.err, /0600|read/);
    assert.ok(!run.err.includes(home.secret.stripe));
  }));

test('neither the log nor any command shows a secret', () =>
  withHome({}, async (home) => {
    const web = await lighttpd(home);
    await send(web.url('/webhooks/stripe'), 'stripe', home.secret.stripe, event.stripe().body);
    await send(web.url('/webhooks/clerk'), 'clerk', home.secret.resend, event.clerk().body);
    await sleep(300);
    const said = [home.logText()];
    for (const args of [['config'], ['config', '--json'], ['events', 'list', '--json'], ['stats'], ['--help']]) {
      const run = home.hk(args);
      said.push(run.out, run.err);
    }
    for (const [name, secret] of Object.entries(home.secret))
      assert.ok(!said.join('\n').includes(secret.slice('whsec_'.length)), name);
  }));

test('addresses of the design lead to their programs', () =>
  withHome({}, async (home) => {
    const web = await lighttpd(home);
    const places = {
      stripe: ['/webhooks/stripe', '/api/webhooks/stripe', '/checkout-webhook'],
      clerk: ['/webhooks/clerk', '/api/webhooks/clerk', '/api/webhook/clerk', '/signup-webhook'],
      resend: ['/webhooks/resend', '/api/webhooks/resend'],
    };
    for (const [provider, paths] of Object.entries(places))
      for (const at of paths) {
        const { id, body } = event[provider]();
        const answer = await send(web.url(`${at}?x=1`), provider, home.secret[provider], body, { id });
        assert.equal(answer.status, 200, `${at}: ${answer.text}`);
        assert.equal(home.one(`SELECT provider FROM event WHERE id = ${answer.json.id}`), provider, at);
      }
    assert.equal((await request(web.url('/webhooks/nobody'), { body: '{}' })).status, 404);
  }));
