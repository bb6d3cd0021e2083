// Every address of the pages x every role x every method: who may, who may not,
// and that each action that was refused is in the audit log.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Jar, Site } from './lib/admin.mjs';
import { root } from './lib/home.mjs';

// What an address needs beside itself to be a page.
const asked = { '/events/retry': '?status=failed', '/event-types/type': '?name=user.created' };
const rank = { ROLE_NONE: 0, ROLE_VIEWER: 1, ROLE_OPERATOR: 2, ROLE_ADMIN: 3 };
const routes = [...fs.readFileSync(path.join(root, 'src/admin/routes.def'), 'utf8')
  .matchAll(/^(PAGE|ACTION|DOWNLOAD)\("([^"]+)", (ROLE_\w+)/gm)]
  .map(([, kind, at, role]) => ({ kind, at, where: at.replace(':id', '1') + (asked[at] ?? ''), least: rank[role] }));
const reading = routes.filter((r) => r.kind !== 'ACTION');
const acting = routes.filter((r) => r.kind === 'ACTION');
// These end the login that the table goes on with, or make the person log in again.
const ends = new Set(['/logout', '/me/logins/end']);

describe('who may do what', () => {
  let site;
  const people = {};
  let strangers = 0;
  const refused = () => site.home.one("SELECT count(*) FROM audit_log WHERE result = 'refused'");

  before(async () => {
    site = await Site.open({ worker: false });
    people.nobody = { rank: 0, jar: new Jar() };
    for (const name of ['viewer', 'operator', 'admin'])
      people[name] = { rank: rank[`ROLE_${name.toUpperCase()}`], jar: await site.session(name) };
  });
  after(() => site?.close());

  it('knows the routes', () => {
    assert.ok(reading.length > 10 && acting.length > 10, JSON.stringify(routes));
    assert.equal(routes.length, new Set(routes.map((r) => (r.kind === 'ACTION') + r.at)).size);
  });

  for (const { at, where, least } of reading)
    it(`GET ${at}`, async () => {
      for (const [name, { rank: has, jar }] of Object.entries(people)) {
        const got = await jar.fetch(site.url(where));
        const text = await got.text();
        if (has >= least) {
          assert.ok([200, 303, 404].includes(got.status), `${name}: ${got.status} ${text}`);
          if (least > 0) assert.doesNotMatch(got.headers.get('location') ?? '', /\/login/);
        } else if (name === 'nobody') {
          assert.equal(got.status, 303, name);
          assert.match(got.headers.get('location'), /^\/admin\/login\?next=%2Fadmin/);
        } else assert.equal(got.status, 403, name);
        assert.match(got.headers.get('content-security-policy') ?? '', /default-src 'none'/);
        assert.equal(got.headers.get('x-content-type-options'), 'nosniff');
      }
    });

  for (const { at, where } of routes)
    it(`no other method on ${at}`, async () => {
      for (const method of ['PUT', 'DELETE', 'PATCH'])
        assert.equal((await people.admin.jar.fetch(site.url(where), { method })).status, 405, method);
      if (!reading.some((r) => r.at === at))
        assert.equal((await people.admin.jar.fetch(site.url(where))).status, 405, 'GET of an action');
      if (!acting.some((r) => r.at === at))
        assert.equal((await people.admin.jar.post(site.url(where))).status, 405, 'POST to a page');
    });

  for (const { at, where, least } of acting.filter((r) => !ends.has(r.at)))
    it(`POST ${at} is refused, and that is in the audit log`, async () => {
      const other = people.operator.jar, own = people.admin.jar, low = people.viewer.jar;
      const elsewhere = { headers: { origin: 'https://evil.example' } };
      const cases = [
        ['without a login', () => new Jar().post(site.url(where), { form_token: own.token })],
        ['without a token', () => own.post(site.url(where))],
        ["with another login's token", () => own.post(site.url(where), { form_token: other.token })],
        ['from another origin', () => own.post(site.url(where), { form_token: own.token }, elsewhere)],
      ];
      if (least > rank.ROLE_VIEWER)
        cases.push(['as viewer', () => low.post(site.url(where), { form_token: low.token })]);
      if (least > rank.ROLE_OPERATOR)
        cases.push(['as operator', () => other.post(site.url(where), { form_token: other.token })]);
      for (const [what, ask] of cases) {
        const had = refused();
        const got = await ask();
        assert.equal(got.status, 403, `${what}: ${got.status}`);
        // Of strangers so many a minute are kept; see STRANGERS in admin/dispatch.c.
        if (what === 'without a login' && ++strangers > 30 && refused() === had) continue;
        assert.equal(refused(), had + 1, `${what}: the audit log does not say so`);
      }
    });

  it('changed nothing by all that', () => {
    assert.equal(site.home.one("SELECT count(*) FROM audit_log WHERE result = 'done' AND action NOT LIKE 'login%'" +
      " AND via = 'page'"), 0);
    assert.equal(site.home.one('SELECT count(*) FROM event'), 0);
  });
});
