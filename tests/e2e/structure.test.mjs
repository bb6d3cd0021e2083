// The order of the rooms, proven by what the files include and link.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { build, root, sanitized } from './lib/home.mjs';

const makefile = fs.readFileSync(path.join(root, 'Makefile'), 'utf8');
const rooms = /^ROOMS\s*:=\s*(.*)$/m.exec(makefile)[1].trim().split(/\s+/);
const sources = fs.readdirSync(path.join(root, 'src'), { recursive: true })
  .filter((name) => /\.(c|h|def)$/.test(name)).map((name) => path.join('src', name));
const mains = fs.readdirSync(path.join(root, 'cgi-bin'))
  .filter((name) => name.endsWith('.c')).map((name) => path.join('cgi-bin', name));
const includes = (file) => [...fs.readFileSync(path.join(root, file), 'utf8')
  .matchAll(/^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm)].map((m) => ({ own: m[1] === '"', what: m[2] }));

// A foreign library stands behind one room, or one file of it.
const foreign = [
  [/^fastcgi/, /^src\/http\//], [/^openssl\//, /^src\/crypto\//], [/^sqlite3\.h$/, /^src\/store\//],
  [/^json-c\/|^json\.h$/, /^src\/base\/json\w*\.c$/], [/^ini\.h$/, /^src\/base\/conf\w*\.c$/], [/^curl\//, /^src\/deliver\//],
  [/^lz4/, /^src\/base\/pack\.c$/],
];

test('every folder of src/ is a room in the Makefile, and every room is there', () => {
  const folders = fs.readdirSync(path.join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  assert.deepEqual([...folders].sort(), [...rooms].sort());
});

test('a room includes only itself and rooms to its left', () => {
  const wrong = [];
  for (const file of sources) {
    const here = rooms.indexOf(file.split('/')[1]);
    for (const { own, what } of includes(file)) {
      if (!own) continue;
      const there = rooms.indexOf(what.split('/')[0]);
      if (there < 0 || there > here) wrong.push(`${file} includes "${what}"`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('a program of cgi-bin/ uses no room that its links do not have', () => {
  const served = /^SERVED\s*:=\s*(.*)$/m.exec(makefile)[1].trim().split(/\s+/);
  for (const file of mains)
    for (const { own, what } of includes(file))
      assert.ok(!own || served.includes(what.split('/')[0]), `${file} includes "${what}"`);
});

test('foreign libraries are included where they belong, and are looked for at all', () => {
  const seen = new Set(), wrong = [];
  for (const file of [...sources, ...mains])
    for (const { what } of includes(file))
      for (const [library, home] of foreign)
        if (library.test(what)) {
          seen.add(library);
          if (!home.test(file)) wrong.push(`${file} includes <${what}>`);
        }
  assert.deepEqual(wrong, []);
  assert.equal(seen.size, foreign.length, 'a library that nobody includes: is its pattern still right?');
});

test('no source file is longer than 600 lines', () => {
  const long = [...sources, ...mains].filter((file) => /\.[ch]$/.test(file)).map((file) => [file, fs.readFileSync(path.join(root, file), 'utf8').split('\n').length - 1])
    .filter(([, lines]) => lines > 600);
  assert.deepEqual(long, []);
});

const readelf = (what, file) => {
  const run = spawnSync('readelf', ['-W', what, file], { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
};
const programs = fs.readdirSync(path.join(build, 'cgi-bin')).filter((name) => name.endsWith('.fcgi'))
  .map((name) => path.join(build, 'cgi-bin', name));

test('the programs are there, one for each file of cgi-bin/', () => {
  assert.deepEqual(programs.map((file) => path.basename(file, '.fcgi')).sort(), mains.map((file) => path.basename(file, '.c')).sort());
});

test('they do not have libcurl, which doubles the start of a plain CGI request', () => {
  for (const file of programs) {
    assert.doesNotMatch(readelf('-d', file), /NEEDED.*libcurl/, file);
    assert.doesNotMatch(readelf('-s', file), /\bcurl_easy_/, file);
  }
});

test('they are static: one file runs on any Linux', { skip: sanitized && 'sanitizers need shared libraries' }, () => {
  for (const file of programs) {
    assert.doesNotMatch(readelf('-d', file), /NEEDED/, file);
    assert.doesNotMatch(readelf('-l', file), /INTERP/, file);
  }
});

test('make goes on building after make test-dist, whose Debian has folders called rc2.d', () => {
  const place = path.join(build, 'empty-debian', 'etc', 'of-a-test.d');
  const made = fs.mkdirSync(place, { recursive: true });
  try {
    const run = spawnSync('make', ['-C', root, '-n', `B=${build}`, 'programs'], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
  } finally {
    if (made) fs.rmSync(made, { recursive: true });
  }
});
