// Each receiver as plain CGI under valgrind: no invalid read or write, no use of
// what was never set, nothing lost, no descriptor left open.  The programs are
// linked dynamically for it (make B=build/dynamic STATIC=), for valgrind has to
// see malloc().
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Home, build } from '../e2e/lib/home.mjs';
import { checkout, clerkUser, resendEmail, signed, stripeEvent } from '../e2e/lib/senders.mjs';

const from = path.join(build, 'dynamic');
const there = spawnSync('valgrind', ['--version']).status === 0;

describe('plain CGI under valgrind', { skip: !there && 'valgrind is not installed' }, () => {
  let home, run = 0;
  before(() => { home = new Home({ from }); });
  after(() => home?.close());

  // The status it answered.  valgrind's verdict is its exit status.
  async function cgi(provider, { headers = {}, body = '', method = 'POST' }) {
    const env = {
      GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: method, REQUEST_URI: `/webhooks/${provider}`,
      SERVER_PROTOCOL: 'HTTP/1.1', REMOTE_ADDR: '127.0.0.1', CONTENT_LENGTH: String(Buffer.byteLength(body)),
    };
    for (const [name, value] of Object.entries(headers))
      env[name === 'content-type' ? 'CONTENT_TYPE' : `HTTP_${name.toUpperCase().replaceAll('-', '_')}`] = value;
    const said = path.join(home.dir, `valgrind-${++run}`);
    const child = home.start('valgrind', ['--error-exitcode=99', '--leak-check=full', '--track-fds=yes',
      '--errors-for-leak-kinds=definite', `--log-file=${said}`,
      path.join(home.bin, `${provider}.fcgi`)], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    let out = '';
    child.stdout.on('data', (d) => { out += d; });
    child.stdin.on('error', () => {});	// it may have answered before it read all
    child.stdin.end(body);
    const closed = new Promise((done) => child.stdout.once('close', done));
    const { code } = await child.gone;
    await closed;
    const log = fs.readFileSync(said, 'utf8');
    assert.equal(code, 0, `${provider}: ${out}\n${log}`);
    assert.match(log, /ERROR SUMMARY: 0 errors/, log);
    assert.doesNotMatch(log, /Open file descriptor.*\n(?!.*inherited from parent)/, log);
    return Number(/^Status: (\d+)/.exec(out)?.[1]);
  }

  const id = 'msg_valgrind';
  const bodies = {
    stripe: stripeEvent('checkout.session.completed', checkout({ user: 'user_1', credits: 5 })).body,
    clerk: clerkUser().body,
    resend: resendEmail().body,
  };
  for (const [provider, body] of Object.entries(bodies))
    it(provider, async () => {
      const right = { body, headers: signed(provider, home.secret[provider], body, { id }) };
      const other = `whsec_${'A'.repeat(32)}`;
      assert.equal(await cgi(provider, right), 200);
      assert.equal(await cgi(provider, right), 200, 'a repeat');
      assert.equal(await cgi(provider, { body, headers: signed(provider, other, body, { id }) }),
        provider === 'stripe' ? 400 : 401, 'forged');
      assert.equal(await cgi(provider, { method: 'GET' }), 200);
      assert.equal(home.one(`SELECT count(*) FROM event WHERE provider = '${provider}'`), 1);
    });
});
