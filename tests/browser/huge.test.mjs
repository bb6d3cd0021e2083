// The pages at their edges: nothing has come yet, something is wrong, and all is
// far larger than it ever should be.  At each of them they say what to do next, fit
// the window, stay small, and are quiet.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { write } from '../bench/lib/many.mjs';
import { ask, post } from '../e2e/lib/fastcgi.mjs';
import { until } from '../e2e/lib/home.mjs';
import { checkout, clerkUser, resendEmail, send, signed, stripeEvent } from '../e2e/lib/senders.mjs';
import { spawnFcgi } from '../e2e/lib/servers.mjs';
import { barriers, looks, openBrowser, shot, Site } from './lib/site.mjs';
import { large, tell } from './lib/story.mjs';

const both = [looks[0], looks[3]];	// phone light, desktop dark
let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

// Nothing sticks out, no barrier, no complaint; as a picture.
async function looksRight(page, what, look) {
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  const widest = wide <= 0 ? '' : await page.evaluate(`[...document.querySelectorAll('main *')]
    .filter((e) => e.getBoundingClientRect().left + e.scrollWidth > innerWidth).map((e) => e.outerHTML.slice(0, 200)).slice(-5).join('\\n')`);
  assert.ok(wide <= 0, `${what} is ${wide} px wider than the ${look.name}: ${widest}`);
  assert.deepEqual(await barriers(page), [], what);
  assert.deepEqual(page.complaints.splice(0), [], what);
  await shot(page, `edge ${what} ${look.name}`);
}

// As if so many events had come in a month.
async function fill(site, count) {
  await site.home.stop(site.web.child);
  write(site.home, count);
  await site.restart();
  site.worker = site.home.worker();
}

describe('an empty site', () => {
  let site;
  before(async () => { site = await Site.open(); });
  after(() => site?.close());

  // [address, what it says, where it leads on]
  const pages = [
    ['/events', 'Nothing received yet', 'a[href$="/samples"]'],
    ['/events?status=failed', 'No event fits', 'a[href$="/events"]'],
    ['/events?provider=stripe&type=invoice.*&since=24h', 'No event fits', 'a[href$="/events"]'],
    ['/search', 'What are you looking for?', 'input[type=search]'],
    ['/search?q=somebody%40example.com', 'Nothing found', 'input[type=search]'],
    ['/quarantine', 'Nothing was refused', 'main'],
    ['/samples', 'Send', 'main nav a'],
    ['/dashboard', 'Received', 'main'],
    ['/events/retry?status=failed', 'Retry', 'a[href*="/events"]'],
    ['/people', 'admin', 'form[action$="/people"]'],
    ['/audit-log?action=event.retry', 'Nothing here', 'main'],
  ];
  for (const look of both)
    it(`says what to do next: ${look.name}`, async () => {
      const page = await site.window(browser, { look });
      await site.login(page);
      for (const [where, says, on] of pages) {
        assert.equal((await page.goto(site.url(where))).status(), 200, where);
        const text = await page.textContent('main');
        assert.ok(text.includes(says), `${where} does not say ${says}: ${text.replaceAll(/\s+/g, ' ').slice(0, 1000)}`);
        assert.ok(await page.locator(on).count() > 0, `${where} leads nowhere`);
        assert.doesNotMatch(text, /\bNaN\b|\bundefined\b|\bnull\b|\b1970-\d\d/, where);
        await looksRight(page, `empty ${where}`, look);
      }
      await page.context().close();
    });
});

describe('something is wrong', () => {
  let site, ids;
  before(async () => {
    site = await Site.open({ settings: { hookkeeper: { busy_timeout: 1000 } } });
    ids = await tell(site);
  });
  after(() => site?.close());

  // [address, as whom, status, what it says]
  const pages = [
    ['/nothing', 'admin', 404, ''],
    ['/events/999999', 'admin', 404, ''],
    ['/events/99999999999999999999999', 'admin', 404, ''],
    ['/quarantine/999', 'admin', 404, ''],
    ['/events?since=yesterdayish', 'admin', 400, 'yesterdayish'],
    ['/events?type=in*voice', 'admin', 400, 'at the end only'],
    [`/events?lane=${'x'.repeat(2000)}`, 'admin', 400, 'too long'],
    [`/search?q=${'x'.repeat(2000)}`, 'admin', 400, '400 bytes'],
    ['/events?before=first', 'admin', 400, 'numbers'],
    ['/dashboard?since=soon', 'admin', 400, 'since'],
    ['/people', 'viewer', 403, ''],
    ['/audit-log', 'viewer', 403, ''],
  ];
  for (const look of both)
    it(`is said in words, with a way on: ${look.name}`, async () => {
      for (const who of ['admin', 'viewer']) {
        const page = await site.window(browser, { look });
        await site.login(page, who);
        for (const [where, , status, says] of pages.filter((p) => p[1] === who)) {
          const short = where.slice(0, 60), answer = await page.goto(site.url(where));
          assert.equal(answer.status(), status, short);
          assert.ok((await page.textContent('body')).includes(says), `${short} does not say ${says}`);
          assert.ok((await page.textContent('h1')).trim().length > 3, `${short} has no heading`);
          assert.ok(await page.locator('main a, main button').count() > 0, `${short} leads nowhere`);
          page.complaints = page.complaints.filter((c) => !/status of 4\d\d/.test(c));
          await looksRight(page, `wrong ${short}`, look);
        }
        await page.context().close();
      }
    });

  it('a database that somebody else holds: reading goes on, an action says it did nothing', async () => {
    const page = await site.window(browser);
    await site.login(page);
    await page.goto(site.url(`/events/${ids.failed}`));
    const holder = spawn('sqlite3', ['-cmd', '.timeout 20000', site.home.db], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      holder.stdin.write("BEGIN IMMEDIATE;\nSELECT 'held';\n");
      await new Promise((held) => holder.stdout.once('data', held));
      const before = site.home.one('SELECT max(id) FROM audit_log');
      const [answer] = await Promise.all([page.waitForNavigation(), page.locator('header button.primary').click()]);
      assert.equal(answer.status(), 503);
      const said = await page.textContent('main');
      assert.match(said, /Nothing was changed/);
      assert.ok(!said.includes(site.home.dir), `where the database lies is told: ${said}`);
      page.complaints = page.complaints.filter((c) => !/status of 503/.test(c));
      await looksRight(page, 'busy', looks[2]);
      assert.equal((await page.goto(site.url('/events'))).status(), 200);
      assert.equal(site.home.one('SELECT max(id) FROM audit_log'), before);
    } finally {
      holder.stdin.end('ROLLBACK;\n');
      await new Promise((gone) => holder.once('close', gone));
    }
    await page.context().close();
  });
});

describe('everything is huge', () => {
  const wordless = 'x'.repeat(10000), many = 10000;
  const rtl = '\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd \u0645\u0631\u062d\u0628\u0627 (3) [a]', emoji = '\u{1f469}\u200d\u{1f4bb}\u{1f1eb}\u{1f1f7}\u{1f44d}\u{1f3fd}';
  let site, ids;

  // To the program itself: a web server has limits of its own.
  async function straight(provider, body, more = {}) {
    const { child, socket } = await spawnFcgi(site.home, provider);
    const { status, json, text } = await ask(socket, post({ ...signed(provider, site.home.secret[provider], body), ...more }, body), { ms: 60000 });
    await site.home.stop(child);
    assert.equal(status, 200, text.slice(0, 500));
    return json.id;
  }
  async function through(provider, body, more = {}) {
    const answer = await send(site.web.url(`/webhooks/${provider}`), provider, site.home.secret[provider], body, more);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.id;
  }
  const nested = (depth) => (depth === 0 ? 'the bottom' : { [`level_${depth}`]: nested(depth - 1) });

  before(async () => {
    site = await Site.open({ worker: false, settings: { hookkeeper: { max_body: 16 << 20 } } });
    await fill(site, many);
    ids = await tell(site);
    const event = (object) => stripeEvent('checkout.session.completed', { ...checkout({ user: ids.user, credits: 1 }), ...object }).body;
    ids.oneText = await straight('stripe', event({ description: 'long '.repeat(2 << 20) }));
    ids.manyValues = await straight('stripe', event({ metadata: { ...large(10_000_000), user_id: ids.user, credits: '1' } }));
    ids.names = await through('stripe', event({ description: wordless, [wordless]: { [`${wordless}y`]: wordless },
      list: Array.from({ length: 3000 }, (_, n) => n), deep: nested(60), url: `https://example.com/${wordless}` }));
    ids.fields = await straight('stripe', event({}), Object.fromEntries(Array.from({ length: 190 }, (_, n) =>
      [`x-field-${n}-${'n'.repeat(n % 40)}`, n === 0 ? 'v'.repeat(8000) : `${n} ${'value '.repeat(38)}`])));
    const { body } = clerkUser();
    const person = JSON.parse(body);
    Object.assign(person.data, { first_name: rtl, last_name: emoji.repeat(20), username: wordless,
      public_metadata: { [rtl]: `${rtl}\u202e${rtl}`, [emoji]: rtl.repeat(300) } });
    ids.scripts = await through('clerk', JSON.stringify(person));
    const letter = JSON.parse(resendEmail('email.bounced').body);
    Object.assign(letter.data, { subject: `${rtl} ${emoji} ${wordless}`, to: [`${'a'.repeat(240)}@example.com`, `"${emoji}"@example.com`],
      bounce: { type: 'Permanent', subType: 'General', message: `${rtl} ${wordless}` } });
    ids.mail = await through('resend', JSON.stringify(letter));
    // Names at the length that an envelope may have.
    const least = { id: `evt_${'i'.repeat(252)}`, type: `t${'y'.repeat(127)}` };
    ids.type = await through('stripe', JSON.stringify({ ...JSON.parse(event({ customer: `cus_${'c'.repeat(252)}` })), ...least }));
    // Refused, and as long as can be.
    const bad = JSON.stringify({ id: wordless, object: 'event', type: `${rtl}${wordless}` });
    const had = site.home.one('SELECT max(id) FROM quarantine'), { socket } = await spawnFcgi(site.home, 'stripe');
    for (const secret of [site.home.secret.stripe, `whsec_${'A'.repeat(32)}`]) {
      const { status, text } = await ask(socket, post({ ...signed('stripe', secret, bad), 'user-agent': 'u'.repeat(6000), 'x-wide': wordless }, bad));
      assert.equal(status, 400, text.slice(0, 500));
    }
    await site.home.settled(60000);
    await until('the index is there', () => site.home.one("SELECT value FROM mark WHERE name = 'indexed_to'") >= site.home.one('SELECT max(id) FROM event'), 60000);
    ids.refused = await until('the quarantine is written', () => site.home.one(`SELECT CASE WHEN count(*) = 2 THEN max(id) END FROM quarantine WHERE id > ${had}`));
    const jar = await site.session();
    const wide = 'W'.repeat(80);
    assert.equal((await jar.post(site.url('/filters'), { form_token: jar.token, name: wide, lane: 'w'.repeat(400), q: `${rtl} ${emoji}` })).status, 303);
    assert.equal((await jar.post(site.url('/people'), { form_token: jar.token, name: 'p'.repeat(128), role: 'viewer' })).status, 200);
    assert.equal((await jar.post(site.url(`/events/${ids.hostile}/resolve`), { form_token: jar.token, note: `${rtl} ${emoji} ${'n'.repeat(800)}` })).status, 303);
  });
  after(() => site?.close());

  // [name, address, KB at most, words that must be there]
  const pages = () => [
    ['events', '/events', 60, ['checkout.session.completed']],
    ['events far back', `/events?before=${many / 2}`, 60, [`invoice.paid`]],
    ['a wide filter', `/events?lane=${'w'.repeat(400)}&q=${encodeURIComponent(`${rtl} ${emoji}`)}`, 60, ['No event fits']],
    ['about a wide customer', `/events?lane=cus_${'c'.repeat(252)}`, 60, ['tyyyyyyyy']],
    ['10 MB in one text', `/events/${ids.oneText}`, 60, ['This is the beginning of 10', 'download']],
    ['10 MB in one text, raw', `/events/${ids.oneText}?show=raw`, 320, ['This is the beginning of 10', 'download']],
    ['10 MB of values', `/events/${ids.manyValues}`, 320, ['This is the beginning of ', 'download']],
    ['10 MB of values, raw', `/events/${ids.manyValues}?show=raw`, 400, ['This is the beginning of ']],
    ['names of 10,000 characters', `/events/${ids.names}`, 400, ['xxxxxxxxxx', '…']],
    ['190 headers', `/events/${ids.fields}`, 140, ['19', 'x-field-7']],
    ['other scripts', `/events/${ids.scripts}`, 60, [rtl.slice(0, 9), emoji]],
    ['a mail', `/events/${ids.mail}`, 90, [rtl.slice(0, 9)]],
    ['longest type and id', `/events/${ids.type}`, 60, ['i'.repeat(252)]],
    ['a note', `/events/${ids.hostile}`, 120, [rtl.slice(0, 9), 'nnnnnnnn']],
    ['quarantine', '/quarantine', 60, ['Stripe']],
    ['refused', `/quarantine/${ids.refused}`, 90, ['Stripe']],
    ['refused, signed', `/quarantine/${ids.refused - 1}`, 90, ['Stripe']],
    ['search', '/search?q=bordeaux', 60, ['invoice.paid']],
    ['search of a wide word', `/search?q=${'x'.repeat(390)}`, 60, ['user.created']],
    ['search of other scripts', `/search?q=${encodeURIComponent(rtl)}`, 60, ['user.created']],
    ['retry', '/events/retry?status=failed', 60, ['Retry']],
    ['dashboard', '/dashboard?range=30d', 60, ['Received']],
    ['people', '/people', 60, ['pppppppp']],
    ['audit log', '/audit-log', 60, ['event.resolve']],
  ];
  for (const look of both)
    it(`fits and stays small: ${look.name}`, async () => {
      const page = await site.window(browser, { look });
      await site.login(page);
      for (const [name, where, most, words] of pages()) {
        const answer = await page.goto(site.url(where));
        assert.equal(answer.status(), 200, name);
        const weight = (await answer.body()).length / 1000;
        assert.ok(weight < most, `${name} weighs ${weight} KB`);
        const text = await page.textContent('main');
        for (const word of words) assert.ok(text.includes(word), `${name} does not say ${word}: ${text.replaceAll(/\s+/g, ' ').slice(0, 1500)}`);
        await page.evaluate("document.querySelectorAll('main details.fold').forEach((fold) => { fold.open = true; })");
        await looksRight(page, `huge ${name}`, look);
      }
      await page.context().close();
    });

  it('the download has all of 10 MB', async () => {
    const jar = await site.session();
    for (const id of [ids.oneText, ids.manyValues]) {
      const body = Buffer.from(await (await jar.fetch(site.url(`/events/${id}/body`))).arrayBuffer());
      assert.ok(body.length > 10_000_000);
      assert.ok(body.equals(site.home.body(id)), 'byte for byte');
    }
  });

  it('pages through 10,000 events, there and back, without losing one', async () => {
    const page = await site.window(browser);
    await site.login(page);
    const jar = await site.session();
    const read = async (query) => JSON.parse(await (await jar.fetch(site.url(`/events?${query}`), { headers: { accept: 'application/json' } })).text());
    const seen = [];
    for (let at = ''; at !== null;) {
      const { rows, next } = await read(at);
      seen.push(...rows.map((row) => row.id));
      at = next;
    }
    assert.deepEqual(seen, site.home.sql('SELECT id FROM event ORDER BY id DESC').map((row) => row.id));
    await page.goto(site.url('/events'));
    const first = await page.locator('tbody a').first().getAttribute('href');
    for (const rel of ['next', 'next', 'next', 'prev', 'prev', 'prev'])
      await Promise.all([page.waitForNavigation(), page.locator(`a[rel=${rel}]`).first().click()]);
    assert.equal(await page.locator('tbody a').first().getAttribute('href'), first);
    await page.context().close();
  });
});

describe('pictures for the README', () => {
  let site, ids;
  before(async () => {
    site = await Site.open({ worker: false });
    await fill(site, 10000);
    ids = await tell(site);
  });
  after(() => site?.close());

  for (const [what, look, where] of [['log', looks[2], () => '/events'], ['event', looks[3], () => `/events/${ids.paid}`]])
    it(what, async () => {
      const page = await site.window(browser, { look });
      await site.login(page);
      assert.equal((await page.goto(site.url(where()))).status(), 200);
      await shot(page, `readme ${what} ${look.name}`, { fullPage: false });
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });
});
