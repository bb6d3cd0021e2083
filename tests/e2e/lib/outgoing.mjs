// A home that sends: endpoints, messages and what became of them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Home, slow, until } from './home.mjs';

const text = (s) => (s === null || s === undefined ? 'NULL' : `'${String(s).replaceAll("'", "''")}'`);
let causes = 0;

export class Outgoing extends Home {
  // fresh: whoever comes first makes the database.
  constructor({ settings = {}, fresh = false, ...rest } = {}) {
    super({
      ...rest, settings: {
        ...settings,
        hookkeeper: { key: randomBytes(32).toString('base64'), ...settings.hookkeeper },
        outbox: settings.outbox ?? { allow_private: '127.0.0.0/8' },
      },
    });
    if (fresh) return;
    const made = this.hk(['worker', '--once']);
    assert.equal(made.status, 0, made.err);
  }

  // { id: 1, name: 'ep_1', secret }
  endpoint(url, { types = '*', ...options } = {}) {
    const args = Object.entries(options).flatMap(([name, value]) =>
      [value].flat().flatMap((one) => [`--${name}`, String(one)]));
    const run = this.hk(['endpoint', 'add', url, '--types', types, '--json', ...args]);
    assert.equal(run.status, 0, `${url}: ${run.err}${run.out}`);
    const { id, secret } = JSON.parse(run.out);
    return { id: Number(id.slice(3)), name: id, secret };
  }

  // Messages as the site's own program puts them: { type, owner, payload } each.
  messages(list) {
    const now = Date.now() * 1000;
    const rows = list.map(({ type = 'user.created', kind = 'user', owner = 'u1', payload = {} }) =>
      `(${[text(type), text(kind), text(owner), text(typeof payload === 'string' ? payload : JSON.stringify(payload)),
        text(`e2e:${process.pid}:${causes++}`), now].join(',')})`);
    this.change(`INSERT INTO message (type, owner_kind, owner, payload, cause, created_at) VALUES ${rows.join(',\n')};`);
  }

  message(one = {}) {
    this.messages([one]);
  }

  // Retries are due now, however long they were to wait.
  hurry(where = '1') {
    this.change(`UPDATE delivery SET due_at = ${Date.now() * 1000}
      WHERE status = 'pending' AND due_at > ${Date.now() * 1000} AND (${where});`);
  }

  attempts(endpoint) {
    return this.sql(`SELECT number, status, error, good, took_us, address, request, CAST(answer AS TEXT) AS answer
      FROM delivery_attempt WHERE endpoint = ${endpoint.id} ORDER BY id`);
  }

  deliveries(endpoint) {
    return this.sql(`SELECT id, message, status, attempts, why, due_at FROM delivery WHERE endpoint = ${endpoint.id} ORDER BY id`);
  }

  count(endpoint, status) {
    return this.one(`SELECT count(*) FROM delivery WHERE endpoint = ${endpoint.id} AND status = '${status}'`);
  }

  async delivered(endpoint, n, limitMs = 15000) {
    await until(() => `${n} delivered to ${endpoint.name}\n${this.logText().slice(-2000)}`,
      () => this.count(endpoint, 'delivered') >= n, limitMs * slow);
  }

  async tried(endpoint, n, limitMs = 15000) {
    await until(`${n} attempts at ${endpoint.name}`, () =>
      this.one(`SELECT count(*) FROM delivery_attempt WHERE endpoint = ${endpoint.id}`) >= n, limitMs * slow);
  }
}
