// What `make dist` and `make deb` made, and an empty Debian to try it in.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build, root } from '../../e2e/lib/home.mjs';

export const version = /^VERSION\s*:=\s*(\S+)$/m.exec(fs.readFileSync(path.join(root, 'Makefile'), 'utf8'))[1];
export const name = `hookkeeper-${version}-linux-x86_64`;
export const folder = path.join(build, 'dist');
export const tarball = path.join(folder, `${name}.tar.gz`);
export const deb = path.join(folder, `hookkeeper_${version}_amd64.deb`);

export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 600000, ...options });
  if (done.error) throw done.error;
  return { status: done.status, out: done.stdout, err: done.stderr, all: `${done.stdout}${done.stderr}` };
}
export function must(command, args, options) {
  const done = run(command, args, options);
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.status}\n${done.all}`);
  return done.out;
}

// Debian with Apache and mod_fcgid and nothing else that is not essential, made
// once and kept in the build folder; or why there is none.
export function emptyDebian() {
  const place = path.join(build, 'empty-debian');
  if (process.getuid() !== 0) return { why: 'debootstrap and chroot need root' };
  if (fs.existsSync(path.join(place, 'made'))) return { place };
  if (run('sh', ['-c', 'command -v debootstrap']).status !== 0) return { why: 'debootstrap is not installed' };
  fs.rmSync(place, { recursive: true, force: true });
  const made = run('debootstrap', ['--variant=minbase', '--include=apache2-bin,libapache2-mod-fcgid', 'bookworm', place]);
  if (made.status !== 0) return { why: `debootstrap failed: ${made.all.split('\n').slice(-4).join(' ')}` };
  must('chroot', [place, 'useradd', '--uid', '1000', '--shell', '/bin/sh', '--no-create-home', 'nora']);
  fs.writeFileSync(path.join(place, 'made'), '');
  return { place };
}
// A command line for something inside, with processes, a /proc and a /dev/shm of
// its own, which all go when the shell does; to end it, SIGKILL.
export const within = (place, user, ...command) => ['unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c',
  'mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/dev/shm" && shift && chroot "$@"; exit $?', 'sh', place, `--userspec=${user}`, place, ...command]];
