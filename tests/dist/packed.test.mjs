// What is packed: the same bytes wherever it is made, static, nothing of the
// machine it was made on; and completion that shells understand.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../e2e/lib/home.mjs';
import { deb, must, name, run, tarball } from './lib/packed.mjs';

let dir, tree, programs;
before(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hkdist-'));
  must('tar', ['xzf', tarball, '-C', dir]);
  tree = path.join(dir, name);
  programs = ['bin', 'cgi-bin'].flatMap((sub) => fs.readdirSync(path.join(tree, sub)).map((file) => path.join(tree, sub, file)))
    .filter((file) => file.endsWith('.fcgi') || file.endsWith('/hookkeeper'));
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

test('every program is there, static, stripped, and has a build id', () => {
  assert.deepEqual(programs.map((file) => path.basename(file, '.fcgi')).sort(),
    ['hookkeeper', ...fs.readdirSync(path.join(root, 'cgi-bin')).filter((file) => file.endsWith('.c')).map((file) => path.basename(file, '.c'))].sort());
  for (const file of programs) {
    assert.doesNotMatch(must('readelf', ['-Wl', file]), /INTERP/, file);
    assert.doesNotMatch(must('readelf', ['-Wd', file]), /NEEDED/, file);
    assert.doesNotMatch(must('readelf', ['-WS', file]), /\.debug_|\.symtab/, file);
    assert.match(must('readelf', ['-Wn', file]), /Build ID: [0-9a-f]{40}/, file);
  }
});

test('SHA256SUMS has every file, and they are right', () => {
  must('sha256sum', ['--quiet', '--strict', '-c', 'SHA256SUMS'], { cwd: tree });
  const listed = fs.readFileSync(path.join(tree, 'SHA256SUMS'), 'utf8').trim().split('\n').map((line) => line.slice(66)).sort();
  const there = fs.readdirSync(tree, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => path.relative(tree, path.join(entry.parentPath ?? entry.path, entry.name))).filter((file) => file !== 'SHA256SUMS').sort();
  assert.deepEqual(listed, there);
});

test('nothing in it names a folder of the machine it was made on', () => {
  for (const file of programs)
    for (const place of [root, `${os.homedir()}/`])
      assert.ok(!fs.readFileSync(file).includes(place), `${file} has ${place}`);
});

test('made in another folder it has the same bytes, tarball and Debian package', (t) => {
  const other = path.join(dir, 'another folder of mine'.replaceAll(' ', '-'));
  fs.mkdirSync(other);
  for (const entry of fs.readdirSync(root))
    if (!['build', 'var', '.git', 'tests', 'node_modules'].includes(entry))
      fs.cpSync(path.join(root, entry), path.join(other, entry), { recursive: true, preserveTimestamps: true });
  const made = new Date(fs.statSync(tarball).mtimeMs);
  const newer = must('find', [root, '-path', `${root}/build`, '-prune', '-o', '-path', `${root}/tests`, '-prune', '-o', '-path', `${root}/.git`, '-prune',
    '-o', '-type', 'f', '-newer', tarball, '-print']).trim();
  if (newer !== '') return t.skip(`changed since ${made.toISOString()}: ${newer.split('\n')[0]}`);
  const epoch = must('tar', ['--utc', '--full-time', '-tvzf', tarball]).split('\n')[0].match(/(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/);
  must('make', ['dist', 'deb'], { cwd: other,
    env: { ...process.env, MAKEFLAGS: '', MAKELEVEL: '', B: 'build', TZ: 'Pacific/Auckland', LANG: 'C', SOURCE_DATE_EPOCH: String(Date.parse(`${epoch[1]}T${epoch[2]}Z`) / 1000) } });
  const sum = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  for (const file of [tarball, deb])
    assert.equal(sum(path.join(other, 'build/dist', path.basename(file))), sum(file), path.basename(file));
});

const completed = (shell, ...words) => run('bash', ['-c',
  `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hookkeeper; printf '%s\\n' "\${COMPREPLY[@]}"`,
  path.join(tree, 'completion/hookkeeper.bash'), ...words]).out.trim().split('\n');
const lines = [
  ['a command', ['hookkeeper', 'work'], ['worker']],
  ['what follows the name of a group', ['hookkeeper', 'token', ''], ['create', 'list', 'revoke', '--help']],
  ['after options for every command', ['hookkeeper', '--conf', 'x', 'token', 'r'], ['revoke']],
  ['an option of the command', ['hookkeeper', 'init', '--mo'], ['--mode']],
  ['what an option may be', ['hookkeeper', 'init', '--mode', ''], ['test', 'live']],
  ['nothing where anything may stand', ['hookkeeper', 'init', '--dir', ''], ['']],
];
for (const [what, words, expected] of lines)
  test(`bash completes ${what}`, () => assert.deepEqual(completed('bash', ...words), expected));

test('every command of the help is completed, in both shells', () => {
  const help = must(path.join(tree, 'bin/hookkeeper'), ['help']).split('\n\n')[1].split('\n').map((line) => line.trim().split(/ /));
  const bash = completed('bash', 'hookkeeper', '');
  const zsh = fs.readFileSync(path.join(tree, 'completion/_hookkeeper'), 'utf8');
  for (const [word] of help) {
    assert.ok(bash.includes(word), word);
    assert.ok(zsh.includes(`'${word}:`), word);
  }
  if (run('sh', ['-c', 'command -v zsh']).status === 0) must('zsh', ['-n', path.join(tree, 'completion/_hookkeeper')]);
});
