// People: from the password that init prints to a login with a second factor,
// the owner who cannot be locked out, and the web server that knows who asks.
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { Jar, Site } from './lib/admin.mjs';
import { ask as request, begin, pair, PARAMS, record, STDIN, stream } from './lib/fastcgi.mjs';
import { Home } from './lib/home.mjs';
import { spawnFcgi } from './lib/servers.mjs';

let site;
before(async () => {
  site = await Site.open({
    worker: false, settings: { hookkeeper: { key: randomBytes(32).toString('base64') } },
  });
});
after(() => site?.close());

const tokenIn = (html) => /name="form_token" value="([^"]+)"/.exec(html)[1];
async function tryLogin(jar, name, password, more = {}) {
  const form = await (await jar.fetch(site.url('/login'))).text();
  return jar.post(site.url('/login'), { form_token: tokenIn(form), name, password, ...more });
}
const isIn = async (jar) => (await jar.fetch(site.url('/me'))).status === 200;
const audit = (where) => site.home.one(`SELECT count(*) FROM audit_log WHERE ${where}`);

// As an authenticator app does it.
function code(base32, at = Date.now()) {
  const bits = [...base32.replaceAll(' ', '')]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

test('init prints the first password once, and it opens the pages', async () => {
  const home = new Home();
  try {
    const made = home.hk(['init']);
    assert.equal(made.status, 0, made.err);
    const password = /^admin +admin, password (\S+) \(shown this once\)$/m.exec(made.out)[1];
    assert.match(fs.readFileSync(home.conf, 'utf8'), /\[hookkeeper\]\n# .*\nkey = [A-Za-z0-9+/]{43}=\n/);
    assert.equal(fs.statSync(home.conf).mode & 0o777, 0o600);
    const again = home.hk(['init']);
    assert.match(again.out, /^admin +there is one;/m);
    assert.ok(!again.out.includes(password));
    assert.ok(!home.hk(['config']).out.includes(/key = (\S+)/.exec(fs.readFileSync(home.conf, 'utf8'))[1]));
    assert.ok(!JSON.stringify(home.sql('SELECT * FROM person')).includes(password));
    assert.match(home.one('SELECT password FROM person'), /^\$scrypt\$ln=15,r=8,p=3\$/);
  } finally {
    await home.close();
  }
});

test('a login: its cookie, and what ends it', async () => {
  const jar = new Jar();
  assert.equal((await tryLogin(jar, 'admin', 'wrong')).status, 403);
  const answer = await tryLogin(jar, 'admin', site.passwords.admin, { next: '/admin/people?x=1' });
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get('location'), '/admin/people?x=1');
  const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('hk_login='));
  assert.match(cookie, /; Path=\/admin; Max-Age=1209600; HttpOnly; SameSite=Lax$/);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.ok(await isIn(jar));

  const copy = new Jar();
  copy.cookies = new Map(jar.cookies);
  const page = await (await jar.fetch(site.url('/me'))).text();
  await jar.post(site.url('/logout'), { form_token: tokenIn(page) });
  assert.ok(!(await isIn(copy)), 'the cookie of a login that has ended is worth nothing');

  const viewer = await site.session('viewer');
  const reset = site.home.hk(['admin', 'passwd', 'viewer', '--json']);
  assert.ok(!(await isIn(viewer)), 'a new password ends the logins');
  site.passwords.viewer = JSON.parse(reset.out).password;
  const second = await site.session('viewer');
  assert.equal((await second.fetch(site.url('/audit-log'))).status, 403);
  assert.equal(site.home.hk(['admin', 'role', 'viewer', 'operator']).status, 0);
  assert.equal((await second.fetch(site.url('/audit-log'))).status, 200, 'a role counts at once');
  assert.match(site.home.hk(['admin', 'logins', 'viewer']).out, /127\.0\.0\.1/);
  assert.match(site.home.hk(['admin', 'logins', 'viewer', '--end']).out, /1 login has ended/);
  assert.ok(!(await isIn(second)));
  site.home.hk(['admin', 'role', 'viewer', 'viewer']);
  site.home.hk(['admin', 'disable', 'viewer']);
  assert.equal((await tryLogin(new Jar(), 'viewer', site.passwords.viewer)).status, 403);
  site.home.hk(['admin', 'enable', 'viewer']);
  assert.equal(audit("action = 'person.role' AND via = 'command' AND subject = 'person:viewer'"), 2);
});

test('a second factor, from the page to the next login', async () => {
  const jar = await site.session('operator');
  const enrol = await (await jar.post(site.url('/me/totp'), { form_token: jar.token, do: 'begin' })).text();
  const secret = /([A-Z2-7]{4} ){7}[A-Z2-7]{4}/.exec(enrol)[0];
  const sealed = /name="sealed" value="([^"]+)"/.exec(enrol)[1].replaceAll('&#43;', '+').replaceAll('&#61;', '=');
  assert.match(enrol, /otpauth:\/\/totp\/hookkeeper:operator/);
  const now = Date.now(), used = code(secret, now);
  const on = await jar.post(site.url('/me/totp'), { form_token: jar.token, do: 'confirm', sealed, code: used });
  assert.equal(on.status, 303, await on.text());
  assert.ok(!JSON.stringify(site.home.sql('SELECT * FROM person')).includes(secret.replaceAll(' ', '')));

  const fresh = new Jar();
  const step = await tryLogin(fresh, 'operator', site.passwords.operator);
  const page = await step.text();
  assert.equal(step.status, 200);
  assert.ok(!(await isIn(fresh)), 'the password alone opens nothing');
  const proof = /name="proof" value="([^"]+)"/.exec(page)[1].replaceAll('&#43;', '+').replaceAll('&#61;', '=');
  const finish = (given) => fresh.post(site.url('/login'), { form_token: tokenIn(page), name: 'operator', proof, code: given });
  assert.equal((await finish(used)).status, 403, 'the code that confirmed it is used up');
  assert.equal((await finish(code(secret, now + 30000))).status, 303);
  assert.ok(await isIn(fresh));
  const off = site.home.hk(['admin', 'passwd', 'operator', '--totp-off', '--json']);
  site.passwords.operator = JSON.parse(off.out).password;
  assert.ok(await isIn(await site.session('operator')));
});

test('who guesses waits, and the owner gets in', async () => {
  const owner = await site.session('admin');
  owner.cookies.delete('hk_login');		// the browser stays known
  let last, tries = 0;
  do last = await tryLogin(new Jar(), 'admin', `guess ${tries}`); while (last.status === 403 && ++tries < 30);
  assert.equal(last.status, 429);
  assert.match(await last.text(), /Too many attempts/);
  // It waits until we say so, however slow this machine is.
  site.home.change(`UPDATE login_failure SET until = ${(Date.now() + 600e3) * 1000} WHERE source NOT GLOB 'device:*'`);
  assert.equal((await tryLogin(new Jar(), 'admin', site.passwords.admin)).status, 429, 'not even with the password');
  assert.equal((await tryLogin(owner, 'admin', site.passwords.admin)).status, 303);
  assert.equal(site.home.hk(['admin', 'unlock', 'admin']).status, 0);
  assert.equal(site.home.hk(['admin', 'unlock']).status, 0);
  assert.equal((await tryLogin(new Jar(), 'admin', site.passwords.admin)).status, 303);
});

test('the audit log says who did what, and cannot be read by a viewer', async () => {
  const jar = await site.session('admin');
  const added = await (await jar.post(site.url('/people'), { form_token: jar.token, name: 'nora <b>', role: 'viewer' })).text();
  assert.match(added, /nora &lt;b&gt;/);
  const document = await (await jar.fetch(site.url('/audit-log?action=person.add&who=admin'), {
    headers: { accept: 'application/json' },
  })).json();
  assert.equal(document.rows[0].subject, 'person:nora <b>');
  assert.deepEqual(document.rows[0].fields, [{ name: 'role', before: null, after: 'viewer' }]);
  const page = await (await jar.fetch(site.url('/audit-log?result=refused&action=login'))).text();
  assert.match(page, /wrong password or code/);
  for (const secret of Object.values(site.passwords))
    assert.ok(!JSON.stringify(site.home.sql('SELECT * FROM audit_log')).includes(secret));
  assert.equal((await (await site.session('viewer')).fetch(site.url('/audit-log'))).status, 403);
});

test('the web server says who asks, where it is to be believed', async () => {
  const home = new Home();
  try {
    home.write(home.conf, `${fs.readFileSync(home.conf, 'utf8')}\n[admin]\nremote_user = on\nremote_user_role = viewer\n`);
    home.hk(['admin', 'add', 'anna', '--role', 'admin', '--no-password']);
    home.hk(['admin', 'add', 'gone', '--role', 'admin', '--no-password']);
    home.hk(['admin', 'disable', 'gone']);
    const { socket } = await spawnFcgi(home, 'admin');
    const ask = async (who, where) => {
      const fields = { REQUEST_METHOD: 'GET', REQUEST_URI: where, HTTP_HOST: 'hooks.example', REMOTE_ADDR: '127.0.0.1' };
      const all = Object.entries({ ...fields, ...(who && { REMOTE_USER: who }) }).map(([k, v]) => pair(k, v));
      return (await request(socket, Buffer.concat([begin(), stream(PARAMS, Buffer.concat(all)), record(PARAMS), record(STDIN)]))).status;
    };
    assert.equal(await ask('anna', '/admin/people'), 200);
    assert.equal(await ask('guest', '/admin/events'), 200);
    assert.equal(await ask('guest', '/admin/people'), 403);
    assert.equal(await ask('gone', '/admin/login'), 403);
    assert.equal(await ask(null, '/admin/people'), 303);
  } finally {
    await home.close();
  }
});
