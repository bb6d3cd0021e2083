// seeds.mjs OUT - what the fuzz targets begin with, made from the test vectors
// (tests/data) and the samples: OUT/NAME/seeds/*.
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const out = process.argv[2];

const put = (target, name, ...parts) => {
  const folder = path.join(out, target, 'seeds');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, name.replace(/[^\w.-]/g, '_')), Buffer.concat(parts.map((p) => Buffer.from(p))));
};

// The text form of tests/fuzz/message.h.
const message = (v) => {
  const secrets = (v.secrets ?? [v.public_key]).join(' ');
  const fields = Object.entries(v.headers).map(([name, value]) => `${name}: ${value}\n`).join('');
  return [`${v.now} ${v.tolerance ?? 300}\n${secrets}\n${fields}\n`, Buffer.from(v.body_b64, 'base64')];
};
for (const [file, target, sender] of [['stripe', 'stripe', 'stripe'], ['svix', 'svix', 'clerk'],
  ['standard-webhooks-v1a', 'svix', 'clerk']]) {
  const { vectors } = JSON.parse(fs.readFileSync(path.join(root, 'tests/data', `${file}.json`), 'utf8'));
  for (const v of vectors) {
    put(target, `${file}-${v.name}`, ...message(v));
    put('doctor', `${file}-${v.name}`, `${sender}\n`, ...message(v));
  }
}

for (const provider of fs.readdirSync(path.join(root, 'samples')))
  for (const file of fs.readdirSync(path.join(root, 'samples', provider))) {
    const body = fs.readFileSync(path.join(root, 'samples', provider, file));
    put('scan', `${provider}-${file}`, body);
    put('json', `${provider}-${file}`, 'data.object.id\n"x"\n', body);
    put('envelope', `${provider}-${file}`, `${provider} msg_1\n`, body);
  }
