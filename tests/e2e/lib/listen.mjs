// Listeners: what a browser's EventSource does, and cuts of the connection that
// no browser would make.
import { createCipheriv, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';
import { sleep, slow } from './home.mjs';

// A room token, by the rule that docs/stream.md tells of nobody: a seal of the settings' key.
export function roomToken(key, user, seconds = 900) {
  const nonce = randomBytes(12), head = Buffer.concat([Buffer.from([1]), nonce]);
  const seal = createCipheriv('aes-256-gcm', Buffer.from(key, 'base64'), nonce);
  seal.setAAD(Buffer.from('\x01room', 'latin1'));
  const sealed = Buffer.concat([seal.update(`${user} ${(Math.floor(Date.now() / 1000) + seconds) * 1e6}`), seal.final()]);
  return Buffer.concat([head, sealed, seal.getAuthTag()]).toString('base64url');
}

// Clerk's side: a key pair, and session tokens by it.
export class Clerk {
  constructor(kid = 'ins_test') {
    this.kid = kid;
    Object.assign(this, generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' } }));
  }

  session(sub, { seconds = 60, head = {}, ...claims } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: 'RS256', kid: this.kid, typ: 'JWT', ...head })}.${part({
      sub, sid: 'sess_1', iat: now, nbf: now - 5, exp: now + seconds, sts: 'active', v: 2, ...claims })}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(this.privateKey).toString('base64url')}`;
  }
}

// The event stream format, from text as it comes: HTML, section 9.2.6.
export class Parser {
  constructor() { this.rest = ''; this.id = ''; this.last = ''; this.type = ''; this.data = []; this.beats = 0; }

  *feed(text) {
    this.rest += text;
    for (let end; (end = this.rest.indexOf('\n')) >= 0;) {
      const line = this.rest.slice(0, end);
      this.rest = this.rest.slice(end + 1);
      if (line === '') {
        this.last = this.id;
        if (this.data.length) yield { id: this.last, type: this.type || 'message', data: this.data.join('\n') };
        this.type = ''; this.data = [];
      } else if (line.startsWith(':')) this.beats++;
      else {
        const colon = line.indexOf(':'), name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (name === 'id') this.id = value;
        else if (name === 'event') this.type = value;
        else if (name === 'data') this.data.push(value);
        else if (name === 'retry') this.retry = Number(value);
      }
    }
  }
}

// One connection.  Resolves when its head is there; `closed` when it is over.
export function listen(url, { last, headers = {}, method = 'GET', onEvent, cutAt, agent = false } = {}) {
  const heard = [], parser = new Parser();
  let bytes = 0, closed;
  const over = new Promise((done) => { closed = done; });
  return new Promise((done, fail) => {
    const rq = http.request(url, {
      method, agent, headers: { accept: 'text/event-stream', ...(last ? { 'last-event-id': last } : {}), ...headers },
    }, (answer) => {
      answer.setEncoding('utf8');
      const ear = { status: answer.statusCode, headers: answer.headers, heard, parser, answer, over, text: '', whole: false,
        cut: () => rq.destroy() };
      answer.on('data', (text) => {
        if (cutAt !== undefined && bytes + text.length >= cutAt) text = text.slice(0, cutAt - bytes);
        bytes += text.length;
        ear.text += text;
        if (ear.text.length > 1 << 20) ear.text = '';
        for (const event of parser.feed(text)) { heard.push(event); onEvent?.(event); }
        if (cutAt !== undefined && bytes >= cutAt) rq.destroy();
      });
      answer.on('end', () => { ear.whole = true; });
      answer.on('error', () => {});
      answer.on('close', () => closed(ear));
      done(ear);
    });
    rq.on('error', (error) => { closed(); fail(error); });
    rq.end();
  });
}

// Wait until it has heard n events; throws naming what it waited for.
export async function hears(ear, n, limitMs = 30000) {
  const end = Date.now() + limitMs * slow;
  while (ear.heard.length < n) {
    if (Date.now() > end) throw new Error(`only ${ear.heard.length} of ${n} events were heard`);
    await sleep(5);
  }
  return ear.heard;
}
