// install.sh for an ordinary user: what it finds by itself, what it leaves alone,
// run again, upgrading, refusing, and taking everything away.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { root } from '../e2e/lib/home.mjs';
import { must, name, run, tarball } from './lib/packed.mjs';

const nobody = process.getuid() === 0 ? { uid: 33, gid: 33 } : {};
let dir, home, tree;

const folder = (where) => {
  fs.mkdirSync(where, { recursive: true });
  if (nobody.uid) fs.chownSync(where, nobody.uid, nobody.gid);
  return where;
};
before(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hkinst-'));
  fs.chmodSync(dir, 0o755);
  must('tar', ['xzf', tarball, '-C', dir, '--no-same-owner']);
  tree = path.join(dir, name);
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));
let count = 0;
beforeEach(() => { home = folder(path.join(dir, `home of ${++count}`)); });

const install = (args, env = {}) => run(path.join(tree, 'install.sh'), args, { ...nobody, cwd: home, input: '',
  env: { PATH: '/usr/bin:/bin', HOME: home, ...env } });
const installed = (args, env) => {
  const done = install(['--yes', '--server', 'apache', ...args], env);
  assert.equal(done.status, 0, done.all);
  return done;
};
const hk = (...args) => must(path.join(home, 'hookkeeper/bin/hookkeeper'), args, { ...nobody, cwd: home, env: { HOME: home } });
const read = (file) => fs.readFileSync(path.join(home, file), 'utf8');
const site = () => folder(path.join(home, 'public_html'));
const everything = () => fs.readdirSync(home, { recursive: true }).sort();

test('it is a shell script any POSIX shell reads', (t) => {
  must('sh', ['-n', path.join(root, 'tools/install.sh')]);
  if (run('sh', ['-c', 'command -v shellcheck']).status !== 0) return t.skip('shellcheck is not installed');
  must('shellcheck', ['install', 'dist', 'deb', 'web-files', 'curl-unused'].map((script) => path.join(root, `tools/${script}.sh`)));
});

test('secrets come from the environment into the file, and nowhere else', () => {
  site();
  const secret = 'whsec_Zm9yIHRoaXMgdGVzdCBhbG9uZSAxMjM0';
  const done = installed(['--mode', 'live'], { STRIPE_WEBHOOK_SECRET: secret, RESEND_WEBHOOK_SECRET: secret, HOOKKEEPER_MODE: 'test', HOOKKEEPER_DB: '/nowhere' });
  const conf = read('hookkeeper/hookkeeper.conf');
  assert.match(conf, new RegExp(`\\[stripe\\]\nsecrets = ${secret}\n`));
  assert.match(conf, new RegExp(`\\[resend\\]\nsecrets = ${secret}\n`));
  assert.match(conf, /^mode = live$/m);
  assert.match(conf, /^key = /m);
  assert.ok(!done.all.includes(secret));
  assert.match(done.out, /No secret of clerk yet/);
  assert.equal(fs.statSync(path.join(home, 'hookkeeper/hookkeeper.conf')).mode & 0o777, 0o600);
  hk('config', '--check');
});

test('another .htaccess stays, below ours; once, however often it is run; and is as it was afterwards', () => {
  const theirs = 'RewriteEngine On\nRewriteRule . /index.php [L]\n';
  fs.writeFileSync(path.join(site(), '.htaccess'), theirs);
  if (nobody.uid) fs.chownSync(path.join(home, 'public_html/.htaccess'), nobody.uid, nobody.gid);
  installed(['--mode', 'test', '--with-test-secrets']);
  const once = read('public_html/.htaccess');
  assert.ok(once.endsWith(theirs) && once.indexOf('stripe.fcgi') < once.indexOf('index.php'), once);
  installed([]);
  assert.equal(read('public_html/.htaccess'), once);
  assert.equal(install(['--yes', '--uninstall']).status, 0);
  assert.equal(read('public_html/.htaccess'), theirs);
  assert.deepEqual(fs.readdirSync(path.join(home, 'public_html')), ['.htaccess']);
});

test('run again it makes a copy of the database, and keeps settings, key, people and events', () => {
  site();
  installed(['--mode', 'test', '--with-test-secrets']);
  const before = read('hookkeeper/hookkeeper.conf');
  hk('plan', 'set', 'price_1', '--credits', '7');
  const inode = fs.statSync(path.join(home, 'public_html/stripe.fcgi')).ino;
  const done = installed([]);
  assert.equal(read('hookkeeper/hookkeeper.conf'), before);
  assert.match(hk('plan', 'list'), /price_1/);
  const copies = fs.readdirSync(path.join(home, 'hookkeeper/backups'));
  assert.equal(copies.length, 1, done.all);
  assert.equal(fs.readFileSync(path.join(home, 'hookkeeper/backups', copies[0])).subarray(0, 15).toString(), 'SQLite format 3');
  assert.notEqual(fs.statSync(path.join(home, 'public_html/stripe.fcgi')).ino, inode, 'replaced in one step, not written over');
  assert.doesNotMatch(done.out, /password/);
});

test('a copy that cannot be made stops an upgrade before anything is replaced', () => {
  site();
  installed(['--mode', 'test', '--with-test-secrets']);
  const inode = fs.statSync(path.join(home, 'public_html/stripe.fcgi')).ino;
  fs.rmSync(path.join(home, 'hookkeeper/backups'), { recursive: true });
  fs.writeFileSync(path.join(home, 'hookkeeper/hookkeeper.db'), 'not a database at all');
  folder(path.join(home, 'hookkeeper/backups'));
  const done = install(['--yes', '--server', 'apache']);
  assert.equal(done.status, 1, done.all);
  assert.match(done.err, /no backup could be made, so nothing was changed/);
  assert.equal(fs.statSync(path.join(home, 'public_html/stripe.fcgi')).ino, inode);
});

test('taken away: programs go, data stays; with --purge nothing is left but what was others\'', () => {
  site();
  fs.writeFileSync(path.join(home, 'public_html/index.html'), 'the shop');
  const before = everything();
  installed(['--mode', 'test', '--with-test-secrets']);
  fs.writeFileSync(path.join(home, 'hookkeeper/of mine.txt'), 'kept');
  let done = install(['--yes', '--uninstall']);
  assert.equal(done.status, 0, done.all);
  for (const kept of ['hookkeeper/hookkeeper.conf', 'hookkeeper/hookkeeper.db']) assert.ok(fs.existsSync(path.join(home, kept)), kept);
  assert.deepEqual(fs.readdirSync(path.join(home, 'public_html')), ['index.html']);
  installed([]);
  done = install(['--yes', '--uninstall', '--purge']);
  assert.equal(done.status, 0, done.all);
  assert.deepEqual(everything(), [...before, 'hookkeeper', 'hookkeeper/of mine.txt'].sort());
});

test('for lighttpd the programs stay out of the site, and the lines to include are written', () => {
  const done = install(['--yes', '--server', 'lighttpd', '--mode', 'test', '--with-test-secrets']);
  assert.equal(done.status, 0, done.all);
  assert.match(done.out, /must include .*lighttpd\.site\.conf/);
  assert.match(read('hookkeeper/share/lighttpd.site.conf'), /hookkeeper_bin = ".*\/hookkeeper\/cgi-bin"/);
  const conf = path.join(home, 'lighttpd.conf');
  fs.writeFileSync(conf, `server.document-root = "${home}"\nserver.port = 8080\ninclude "${home}/hookkeeper/share/lighttpd.site.conf"\n`);
  must('lighttpd', ['-t', '-f', conf], { env: { PATH: `${process.env.PATH}:/usr/sbin` } });
});

const refused = [
  ['no folder that looks like a site\'s', () => {}, ['--yes', '--mode', 'test'], /the site's folder is not known/],
  ['two of them', () => { site(); folder(path.join(home, 'htdocs')); }, ['--yes', '--mode', 'test'], /one of: .*public_html.*htdocs/],
  ['data inside of the site', site, ['--yes', '--mode', 'test', '--home', 'public_html/data'], /lies in the site's folder/],
  ['the site inside of the data', site, ['--yes', '--mode', 'test', '--home', '.'], /which nobody else may enter/],
  ['no mode', site, ['--yes'], /--mode test or --mode live/],
  ['nobody to agree', site, ['--mode', 'test'], /Say --yes/],
  ['an option there is not', site, ['--web', 'x'], /there is no option --web/],
  ['nothing to take away', site, ['--yes', '--uninstall'], /nothing is installed/],
];
for (const [what, arrange, args, says] of refused)
  test(`refused, and nothing is left behind: ${what}`, () => {
    arrange();
    const before = everything();
    const done = install([...(args.includes('--uninstall') ? [] : ['--server', 'apache']), ...args]);
    assert.notEqual(done.status, 0, done.all);
    assert.match(done.err, says);
    assert.deepEqual(everything().filter((file) => !before.includes(file)), []);
  });

test('an archive that was changed is refused', () => {
  site();
  const file = path.join(tree, 'cgi-bin/htaccess'), was = fs.readFileSync(file);
  fs.appendFileSync(file, '#');
  try {
    const done = install(['--yes', '--server', 'apache', '--mode', 'test']);
    assert.equal(done.status, 1);
    assert.match(done.err, /not as they were packed/);
  } finally {
    fs.writeFileSync(file, was);
  }
});
