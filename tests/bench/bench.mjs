// make bench: all measures one after another, or those named in HK_ONLY.  Each is
// a program of its own that says at its top what it measures and how.
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const all = ['core', 'cgi', 'queue', 'size', 'sync', 'memory', 'wake', 'pages', 'burn', 'stream', 'deliver'];
const wanted = (process.env.HK_ONLY ?? '').split(/[\s,]+/).filter(Boolean);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', ')}; there are ${all.join(', ')}`);
  process.exit(64);
}

console.log(`${new Date().toISOString().slice(0, 16)}Z, ${os.cpus().length} x ${os.cpus()[0].model}, ` +
  `${Math.round(os.totalmem() / 2 ** 30)} GB, Linux ${os.release()}, load before ${os.loadavg()[0].toFixed(2)}`);
for (const name of wanted.length > 0 ? wanted : all) {
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), `${name}.mjs`);
  const run = spawnSync(process.execPath, [file], { stdio: 'inherit' });
  if (run.status !== 0) {
    console.log(`bench: ${name} ended with ${run.signal ?? run.status}`);
    process.exitCode = 1;
  }
}
