// In an empty Debian that has Apache and mod_fcgid and nothing else: the archive
// by an ordinary user, with the very lines of docs/install.md, and the package.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root, until } from '../e2e/lib/home.mjs';
import { freePort, listening } from '../e2e/lib/servers.mjs';
import { deb, emptyDebian, must, run, tarball, within } from './lib/packed.mjs';

const { place, why } = emptyDebian();
const home = '/home/nora';
let apache, port, site;

// A host's Apache that runs the site's programs as the user, as suEXEC has it.
const hosted = () => `ServerName localhost
ServerRoot "${home}"
PidFile "${home}/apache.pid"
ErrorLog "${home}/error.log"
Mutex file:${home} default
Listen 127.0.0.1:${port}
${['mpm_event', 'authz_core', 'mime', 'env', 'alias', 'rewrite', 'cgid', 'fcgid'].map((name) =>
    `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
TypesConfig /dev/null
ScriptSock "${home}/cgisock"
FcgidIPCDir "${home}/fcgid"
FcgidProcessTableFile "${home}/fcgid.shm"
DocumentRoot "${home}/public_html"
<Directory />
	Require all denied
</Directory>
<Directory "${home}/public_html">
	AllowOverride FileInfo Options AuthConfig
	Require all granted
</Directory>
`;
const asNora = (line) => {
  const [command, args] = within(place, 'nora', 'env', '-i', `HOME=${home}`, 'PATH=/usr/bin:/bin', 'sh', '-c', `cd && ${line}`);
  return run(command, args);
};
async function serve() {
  const [command, args] = within(place, 'nora', 'apache2', '-DFOREGROUND', '-f', `${home}/apache.conf`);
  apache = spawn(command, args, { stdio: 'inherit' });
  apache.gone = new Promise((done) => apache.once('exit', done));
  await until('Apache listens', () => listening(port));
}

before(async () => {
  if (!place) return;
  fs.rmSync(path.join(place, home), { recursive: true, force: true });
  fs.mkdirSync(path.join(place, home, 'public_html'), { recursive: true });
  port = await freePort();
  site = `http://localhost:${port}`;
  fs.writeFileSync(path.join(place, home, 'apache.conf'), hosted());
  fs.writeFileSync(path.join(place, home, 'public_html/index.html'), 'the shop');
  fs.copyFileSync(tarball, path.join(place, home, path.basename(tarball)));
  must('chown', ['-R', '1000:1000', path.join(place, home)]);
  await serve();
});
after(async () => {
  if (!apache) return;
  apache.kill('SIGKILL');
  await apache.gone;
  fs.rmSync(path.join(place, home), { recursive: true, force: true });
});

const status = async (what, options) => (await fetch(`http://127.0.0.1:${port}${what}`, options)).status;

test('from the archive to the first verified event, by the lines of docs/install.md', { skip: why }, async (t) => {
  const lines = /```sh\n([^]*?)```/.exec(fs.readFileSync(path.join(root, 'docs/install.md'), 'utf8'))[1].trim().split('\n');
  assert.ok(lines.length <= 5, 'at most five commands');
  let last;
  const began = Date.now();
  for (const line of lines) {
    last = asNora(line.replaceAll('https://YOUR-SITE', site));
    assert.equal(last.status, 0, `${line}\n${last.all}`);
    if (/install\.sh/.test(line)) {
      for (const address of ['stripe', 'clerk', 'resend']) assert.ok(last.out.includes(`${site}/webhooks/${address}`), last.out);
      assert.match(last.out, /^admin +admin, password \S+ \(shown this once\)$/m);
      assert.doesNotMatch(last.all, /^fail/m);
      assert.doesNotMatch(last.all, /whsec_/, 'no secret on the screen');
    }
  }
  // Worked off after the answer, so perhaps a moment later.
  await until('the event is completed', () => /clerk +user\.created +completed/.test(asNora(lines.at(-1)).out));
  t.diagnostic(`${lines.length} commands, ${((Date.now() - began) / 1000).toFixed(1)} s`);

  const shown = path.join(place, home, 'public_html');
  assert.deepEqual(fs.readdirSync(shown).filter((file) => !file.endsWith('.fcgi')).sort(), ['.htaccess', 'hookkeeper.where', 'index.html']);
  assert.equal(fs.statSync(path.join(place, home, 'hookkeeper')).mode & 0o777, 0o700);
  assert.equal(fs.statSync(path.join(place, home, 'hookkeeper/hookkeeper.conf')).mode & 0o777, 0o600);
});

const asked = [
  ['the shop is still there', '/index.html', {}, 200],
  ['the receiver answers', '/webhooks/stripe', {}, 200],
  ['a forged event is refused', '/webhooks/stripe', { method: 'POST', body: '{}', headers: { 'stripe-signature': 't=1,v1=00' } }, 400],
  ['the pages are there', '/admin/login', {}, 200],
  ['the interface asks for a token', '/api/v1/users', {}, 401],
  ['it is well', '/healthz', {}, 200],
  ['nobody gets the settings\' place', '/hookkeeper.where', {}, 403],
];
for (const [what, at, options, expected] of asked)
  test(what, { skip: why }, async () => assert.equal(await status(at, { redirect: 'manual', ...options }), expected));

const asRoot = (...command) => {
  const [program, args] = within(place, 'root', 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...command);
  return must(program, args);
};

test('root installs it for the web server\'s user, upgrades it, and takes it away', { skip: why }, () => {
  const tree = path.join(place, 'tmp/unpacked');
  fs.mkdirSync(tree, { recursive: true });
  must('tar', ['xzf', tarball, '--strip-components=1', '-C', tree]);
  try {
    fs.mkdirSync(path.join(place, 'etc/apache2/conf-enabled'), { recursive: true });
    const said = asRoot('/tmp/unpacked/install.sh', '--yes', '--server', 'apache', '--mode', 'test', '--with-test-secrets');
    assert.match(said, /conf-enabled\/90-hookkeeper\.conf: restart/);
    const data = path.join(place, 'var/lib/hookkeeper');
    assert.equal(fs.statSync(data).mode & 0o777, 0o700);
    for (const file of fs.readdirSync(data)) assert.equal(fs.statSync(path.join(data, file)).uid, 33, file);
    assert.equal(fs.statSync(path.join(place, 'usr/local/lib/hookkeeper/stripe.fcgi')).uid, 0);
    assert.equal(fs.statSync(path.join(place, 'usr/local/share/hookkeeper/installed')).uid, 0, 'nobody else says what root removes');
    assert.match(fs.readFileSync(path.join(place, 'usr/local/share/hookkeeper/hookkeeper.service'), 'utf8'), /HOOKKEEPER_CONF=\/var\/lib\/hookkeeper\/hookkeeper\.conf/);
    asRoot('/tmp/unpacked/install.sh', '--yes', '--server', 'apache');
    assert.equal(fs.readdirSync(path.join(data, 'backups')).length, 1);
    asRoot('/tmp/unpacked/install.sh', '--yes', '--uninstall', '--purge');
    assert.equal(must('find', [path.join(place, 'usr/local'), path.join(place, 'etc/apache2/conf-enabled'), '(', '-type', 'f', '-o', '-name', '90*', ')']), '');
    assert.ok(!fs.existsSync(data));
  } finally {
    for (const left of ['tmp/unpacked', 'var/lib/hookkeeper', 'usr/local/lib/hookkeeper', 'usr/local/share/hookkeeper'])
      fs.rmSync(path.join(place, left), { recursive: true, force: true });
  }
});

test('the Debian package installs, and goes without the data', { skip: why }, () => {
  fs.copyFileSync(deb, path.join(place, 'tmp', path.basename(deb)));
  try {
    asRoot('dpkg', '-i', `/tmp/${path.basename(deb)}`);
    assert.match(asRoot('dpkg-query', '-W', '-f', '${Conffiles}', 'hookkeeper'), /conf-available\/hookkeeper\.conf/);
    asRoot('runuser', '-u', 'www-data', '--', 'hookkeeper', 'init', '--dir', '/etc/hookkeeper', '--db', '/var/lib/hookkeeper/hookkeeper.db',
      '--mode', 'test', '--with-test-secrets');
    assert.match(asRoot('runuser', '-u', 'www-data', '--', 'hookkeeper', '--conf', '/etc/hookkeeper/hookkeeper.conf', 'config', '--check'), /./);
    asRoot('dpkg', '-i', `/tmp/${path.basename(deb)}`);
    assert.equal(fs.readdirSync(path.join(place, 'var/lib/hookkeeper/backups')).length, 1, 'a copy before an upgrade');
    asRoot('dpkg', '--purge', 'hookkeeper');
    assert.ok(fs.existsSync(path.join(place, 'var/lib/hookkeeper/hookkeeper.db')), 'data stays');
    assert.ok(!fs.existsSync(path.join(place, 'usr/lib/hookkeeper')));
  } finally {
    run('chroot', [place, 'dpkg', '--purge', 'hookkeeper']);
    for (const left of ['var/lib/hookkeeper', 'etc/hookkeeper', `tmp/${path.basename(deb)}`])
      fs.rmSync(path.join(place, left), { recursive: true, force: true });
  }
});
