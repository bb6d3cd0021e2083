// Where deliveries arrive: a web server that remembers every request whole, and
// answers as the path says.  /200 and other numbers answer so; the others are sick,
// each in its own way.  What follows the first name is free: /500/a, /500/b.
import { createPublicKey, verify as verifyBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';

const block = Buffer.alloc(65536, 'x');

const ways = {
  // Calm is asked for: /after/SECONDS
  after: (rq, answer, [seconds]) => answer.writeHead(429, { 'retry-after': seconds }).end('calm'),
  // Somewhere else, where nobody may be sent.
  moved: (rq, answer) => answer.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
  hang: () => {},
  reset: (rq) => rq.socket.resetAndDestroy(),
  silent: (rq) => rq.socket.destroy(),
  // A byte a second, for ever.
  drip: (rq, answer) => {
    answer.writeHead(200, { 'content-length': 1000 });
    const timer = setInterval(() => answer.write('x'), 1000);
    answer.on('close', () => clearInterval(timer));
  },
  // A gigabyte, as fast as it is taken.
  huge: (rq, answer) => {
    answer.writeHead(200, { 'content-length': 2 ** 30 });
    let left = 2 ** 30;
    const more = () => {
      while (left > 0 && !answer.destroyed) {
        left -= block.length;
        if (!answer.write(block)) return answer.once('drain', more);
      }
      answer.end();
    };
    more();
  },
  slow: (rq, answer, [ms]) => setTimeout(() => answer.writeHead(200).end(), Number(ms)),
  // What is no HTTP at all.
  noise: (rq) => rq.socket.end('220 smtp.example.com ESMTP\r\n'),
};

export class Sink {
  // tls: { key, cert }; own: (request, answer) => true when it saw to it.
  static async open({ tls, own } = {}) {
    const sink = new Sink();
    sink.own = own;
    sink.came = [];		// { path, headers, body, at }
    sink.peers = 0;
    const hear = (rq, answer) => sink.hear(rq, answer);
    sink.server = tls ? https.createServer(tls, hear) : http.createServer({ keepAliveTimeout: 60000 }, hear);
    sink.server.on('connection', () => { sink.peers++; });
    sink.server.on('tlsClientError', () => {});
    sink.server.maxConnections = 2000;
    await new Promise((done) => sink.server.listen(0, '127.0.0.1', 1024, done));
    sink.port = sink.server.address().port;
    sink.origin = `${tls ? 'https' : 'http'}://127.0.0.1:${sink.port}`;
    return sink;
  }

  url(path) {
    return this.origin + path;
  }

  hear(rq, answer) {
    const parts = [];
    rq.on('data', (d) => parts.push(d));
    rq.on('error', () => {});
    answer.on('error', () => {});
    rq.on('end', () => {
      const came = { path: rq.url, headers: rq.headers, body: Buffer.concat(parts), at: performance.now(), socket: rq.socket };
      this.came.push(came);
      if (this.own?.(rq, answer, came)) return;
      const [, way, ...rest] = rq.url.split('/');
      if (ways[way]) ways[way](rq, answer, rest);
      else answer.writeHead(Number(way), { location: '/200' }).end(way === '204' ? undefined : 'ok');
    });
  }

  of(path) {
    return this.came.filter((came) => came.path === path);
  }

  // What a receiver does with it.
  json(came) {
    return JSON.parse(came.body.toString());
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}

// Is it signed by this secret, as the official libraries see it?  Throws if not.
export function verified(came, secret) {
  const text = came.body.toString();
  if (!Buffer.from(text).equals(came.body)) throw new Error('the body is no UTF-8');
  const seen = new Standard(secret).verify(text, came.headers);
  new Svix(secret).verify(text, came.headers);
  return seen;
}

export function verifiedV1a(came, whpk) {
  const x = Buffer.from(whpk.slice('whpk_'.length), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const said = Buffer.concat([Buffer.from(`${came.headers['webhook-id']}.${came.headers['webhook-timestamp']}.`), came.body]);
  return came.headers['webhook-signature'].split(' ').filter((s) => s.startsWith('v1a,'))
    .some((s) => verifyBytes(null, said, key, Buffer.from(s.slice(4), 'base64')));
}
