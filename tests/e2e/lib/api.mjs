// The interface as a program of somebody else's sees it: every answer is held
// against the OpenAPI document that is served, before a test looks at it.
import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { request } from './senders.mjs';

const formats = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  'date-time': /^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{6}Z$/,
};

// What goes out has tests of its own: api-outbox.test.mjs.
export const outgoing = /^\/(endpoints|event-types|messages|deliveries|recoveries)(\/|$)/;

export class Document {
  constructor(doc) {
    this.doc = doc;
    this.ajv = new Ajv2020({ strict: false, allErrors: true, formats });
    this.ajv.addSchema(doc, 'document');
    this.compiled = new Map();
    this.seen = new Map();    // 'GET /users 200' -> times
  }

  resolve(what) {
    while (what?.$ref) what = what.$ref.slice(2).split('/').reduce((at, step) => at[step.replaceAll('~1', '/')], this.doc);
    return what;
  }

  // Every operation: { method, path, op, root }.
  *operations() {
    for (const [path, item] of Object.entries(this.doc.paths))
      for (const [method, op] of Object.entries(item))
        if (method !== 'servers')
          yield { method: method.toUpperCase(), path, op, base: item.servers ? '' : this.doc.servers[0].url };
  }

  find(method, address) {
    const path = address.split('?')[0];
    let best;
    for (const one of this.operations()) {
      if (one.method !== (method === 'HEAD' ? 'GET' : method)) continue;
      const pattern = new RegExp(`^${one.base}${one.path.replace(/\{\w+\}/g, '[^/]+')}/?$`);
      if (pattern.test(path) && (!best || !one.path.includes('{'))) best = one;
    }
    return best;
  }

  validator(ref) {
    if (!this.compiled.has(ref)) this.compiled.set(ref, this.ajv.compile({ $ref: ref }));
    return this.compiled.get(ref);
  }

  // What is wrong with a value by a schema of the document, as text; '' nothing.
  faults(schema, value) {
    const valid = schema.$ref ? this.validator(`document${schema.$ref}`) : this.ajv.compile(schema);
    return valid(value) ? '' : this.ajv.errorsText(valid.errors);
  }

  check(method, address, answer) {
    const what = `${method} ${address}: ${answer.status} ${answer.text.slice(0, 500)}`;
    const found = this.find(method, address);
    const problem = answer.status >= 400;
    assert.equal(answer.headers['content-type'], problem ? 'application/problem+json' : 'application/json', what);
    if (problem && method !== 'HEAD') {
      assert.equal(this.faults({ $ref: '#/components/schemas/Problem' }, answer.json), '', what);
      assert.equal(answer.json.status, answer.status, what);
      assert.equal(answer.json.type, `/problems/${answer.json.code}`, what);
    }
    if (answer.status === 429 || answer.status === 503) assert.match(answer.headers['retry-after'] ?? '', /^\d+$/, what);
    if (!found || answer.status === 405) return;
    const named = `${found.method} ${found.path} ${answer.status}`;
    this.seen.set(named, (this.seen.get(named) ?? 0) + 1);
    const response = this.resolve(found.op.responses[String(answer.status)]);
    assert.ok(response, `the document knows no such answer: ${what}`);
    if (method === 'HEAD') return;
    const content = response.content[answer.headers['content-type']];
    assert.ok(content, `the document knows no such type: ${what}`);
    assert.equal(this.faults(content.schema, answer.json), '', what);
  }
}

export class Api {
  constructor(web, token, document) {
    Object.assign(this, { web, token, document });
  }

  static async open(web, token) {
    const answer = await request(web.url('/api/v1/openapi.json'), { method: 'GET' });
    assert.equal(answer.status, 200, answer.text);
    return new Api(web, token, new Document(answer.json));
  }

  // The same, by another token or none.
  as(token) {
    return new Api(this.web, token, this.document);
  }

  // path below /api/v1, or a whole one that begins with "//".
  async call(method, path, { body, raw, key, headers = {}, token = this.token, ...more } = {}) {
    const address = path.startsWith('//') ? path.slice(1) : `/api/v1${path}`;
    const bytes = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await request(this.web.url(address), {
      method, body: bytes, ...more,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(bytes !== undefined && { 'content-type': 'application/json' }),
        ...(key && { 'idempotency-key': key }), ...headers,
      },
    });
    this.document.check(method, address, answer);
    return answer;
  }

  get(path, options) {
    return this.call('GET', path, options);
  }

  post(path, body, options) {
    return this.call('POST', path, { body, ...options });
  }

  // All rows of a list; between() is called after each page.
  async walk(path, { limit = 50, between } = {}) {
    const rows = [];
    let next = null;
    do {
      const page = await this.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${
        next === null ? '' : `&after=${encodeURIComponent(next)}`}`);
      assert.equal(page.status, 200, page.text);
      rows.push(...page.json.data);
      ({ next } = page.json);
      if (between) await between(rows.length);
    } while (next !== null);
    return rows;
  }
}

// Clerk's end of a session: a key pair, and tokens signed by it.
export class Sessions {
  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.pem = publicKey.export({ type: 'spki', format: 'pem' });
    this.key = privateKey;
  }

  token(user, more = {}) {
    const now = Math.floor(Date.now() / 1000);
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: 'RS256', kid: 'ins_test', typ: 'JWT' })}.${part({
      sub: user, iat: now - 5, nbf: now - 5, exp: now + 60, iss: 'https://clerk.example.com', sid: 'sess_1', ...more,
    })}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(this.key).toString('base64url')}`;
  }
}
