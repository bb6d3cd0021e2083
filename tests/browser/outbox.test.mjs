// Endpoints, messages, deliveries, types of message, and the dashboard's part of them,
// in a real browser: each page at every look, each action with and without JavaScript;
// what a receiver answers and what people type is hostile where it can be.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../e2e/lib/home.mjs';
import { hostileText, Out, outgoing, tellOut } from './lib/out.mjs';
import { barriers, looks, openBrowser, shot, Site } from './lib/site.mjs';

// What a field of a form can carry: no control characters.
const typed = hostileText.slice(0, hostileText.indexOf('\u001b'));
const plain = (text) => text.replaceAll(/[\s\u202f]+/g, ' ');

describe('the pages about what goes out', () => {
  let browser, site, ids;
  before(async () => {
    browser = await openBrowser();
    site = await Site.open({ settings: outgoing() });
    ids = await tellOut(site);
  });
  after(async () => {
    await browser?.close();
    await ids?.out.close();
    await site?.close();
  });

  // [address, heading, what else must be there]
  const pages = () => [
    ['/endpoints', 'Endpoints', ['/200/shop', 'ep_1', 'The shop’s back office', 'paused', 'the machine moves', 'disabled', '410', 'everybody’s', 'New endpoint']],
    ['/endpoints?state=paused', 'Endpoints', ['/200/paused', 'Clear the filter']],
    ['/endpoints?owner=nobody', 'Endpoints', ['No endpoint fits']],
    ['/endpoints/new', 'New endpoint', ['Address', 'Types', 'Only about', 'Filter, rate, header fields, secret']],
    [`/endpoints/${ids.good}`, '/200/shop', ['enabled', '100 %', 'Half answered within', 'credits_granted', 'order.shipped', 'Rotate', 'Delete it', 'everybody']],
    [`/endpoints/${ids.failing}`, '/503/crm', ['503', 'pending now', '0 %', '50 a second', 'yes, sealed']],
    [`/endpoints/${ids.failing}/edit`, 'Change', ['take them away', 'Save']],
    [`/endpoints/${ids.hostile}`, '/hostile', ['<script>document.title="owned"</script>', '400']],
    [`/endpoints/${ids.bytes}`, '/bytes', ['"exists":true']],
    [`/endpoints/${ids.thin}`, '/200/thin', ['type, time and id', 'one after another']],
    [`/endpoints/${ids.paused}`, '/200/paused', ['Paused', 'the machine moves', 'Resume', 'held now']],
    [`/endpoints/${ids.disabled}`, '/410/gone', ['Disabled', '410', 'Enable']],
    [`/endpoints/${ids.failing}/recover`, 'Recover', ['what failed or was canceled', 'Count them first']],
    [`/endpoints/${ids.paused}/recover?what=missed&since=24h&rate=2`, 'Send 7 deliveries?', ['It is paused: enable it first', 'it takes 3.5 s']],
    [`/endpoints/${ids.good}/recover?what=failed&since=1h`, 'There is nothing to send', ['Nothing has failed since']],
    [`/endpoints/${ids.good}/delete`, 'Delete this endpoint?', ['There is no way back', 'Delete ep_']],
    ['/messages', 'Messages', ['user.created', 'credits_granted', 'test', 'system endpoints', '@example.com']],
    [`/messages?owner=${ids.user}&type=user.*`, 'Messages', ['user.created', 'Clear the filter']],
    ['/messages?type=never.was', 'Messages', ['No message fits']],
    [`/messages/${ids.message}`, 'user.created', ['There is a new user.', '/200/shop', 'delivered', 'first_name', 'event #']],
    [`/messages/${ids.message}?show=raw`, 'user.created', ['"type":"user.created"', '"timestamp"']],
    [`/messages/${ids.trial}`, 'order.hostile', ['test', '<script>document.title="owned"</script>']],
    ['/deliveries', 'Deliveries', ['delivered', 'pending', 'held', '/503/crm', 'http 503', 'due']],
    [`/deliveries?endpoint=ep_${ids.failing}&status=pending&type=user.*`, 'Deliveries', ['user.created', 'Look at ep_']],
    ['/deliveries?status=canceled', 'Deliveries', ['No delivery fits']],
    [`/deliveries/${ids.delivered}`, 'stripe.invoice.paid', ['200', 'try 1', 'wait for the answer', 'webhook-signature', '"type":"stripe.invoice.paid"']],
    [`/deliveries/${ids.retried}`, '', ['Next try', 'HTTP/1.1 503', 'more at most', 'Send it again', 'Cancel it']],
    [`/deliveries/${ids.answered}`, '', ['HTTP/1.1 400 No <b>way</b>', '<script>document.title="owned"</script>', 'x-evil', '‹U+202E›gnp.exe', '‹U+0000›']],
    [`/deliveries/${ids.binary}`, 'user.created', ['This is no text; its beginning', '00 01 02 03', '1.0 KB']],
    [`/deliveries/${ids.held}`, '', ['Its endpoint is paused', 'It was not tried yet']],
    ['/event-types', 'Event types', ['order.shipped', 'An order has left the house.', 'credits_granted', 'Stripe', 'one-time codes']],
    ['/event-types?sender=stripe', 'Event types', ['stripe.invoice.paid']],
    ['/event-types/type?name=credits_granted', 'credits_granted', ['Members', 'business_key', '"amount": 500', '/200/shop']],
    ['/event-types/type?name=order.shipped', 'order.shipped', ['"order": 12', '"required"', 'Archive', 'Edit']],
    ['/event-types/type?name=order.hostile', 'order.hostile', ['<script>document.title=']],
    ['/event-types/type?name=stripe.invoice.paid', 'stripe.invoice.paid', ['handed on as it was received', 'No endpoint asks for it']],
    ['/event-types/edit?name=order.hostile', 'Change order.hostile', ['Sample', 'Schema']],
    [`/events/${ids.event}`, 'user.created', ['Messages it caused', 'Who was told']],
    ['/dashboard', 'Dashboard', ['Deliveries by endpoint', 'failed tries', 'waiting now', '/503/crm']],
  ];

  for (const look of looks)
    it(look.name, async () => {
      const page = await site.window(browser, { look, javaScript: look !== looks[0] });
      await site.login(page, 'operator');
      for (const [where, heading, words] of pages()) {
        const answer = await page.goto(site.url(where));
        assert.equal(answer.status(), 200, where);
        const text = plain(await page.textContent('main'));
        assert.ok((await page.textContent('h1')).includes(heading), `${where}: ${await page.textContent('h1')}`);
        for (const word of words) assert.ok(text.includes(word), `${where} does not say ${word}: ${text.slice(0, 3000)}`);
        assert.doesNotMatch(text, /\bNaN\b|\bundefined\b|\b1970-\d\d/, where);
        assert.doesNotMatch(await page.title(), /owned/, where);
        assert.doesNotMatch(text, /[\u202e\u2066\u0007\u001b\u0000]/, `${where}: a control character came through`);
        assert.equal(await page.locator('main script, main img, main [onmouseover]').count(), 0, where);
        const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(wide <= 0, `${where} is ${wide} px wider than the ${look.name}`);
        if (look !== looks[0]) assert.deepEqual(await barriers(page), [], where);
        await shot(page, `outbox ${where.replace(/\d+/, (n) => Object.keys(ids).find((k) => ids[k] === Number(n)) ?? n)} ${look.name}`);
      }
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });

  it('stays small: style, script and page below 60 KB', async () => {
    const page = await site.window(browser);
    await site.login(page);
    let bytes = 0;
    page.on('response', async (r) => { bytes += (await r.body().catch(() => Buffer.alloc(0))).length; });
    for (const where of ['/endpoints', `/endpoints/${ids.good}`, '/messages', '/deliveries', '/event-types', '/dashboard?range=1h']) {
      bytes = 0;
      await page.goto(site.url(where), { waitUntil: 'networkidle' });
      assert.ok(bytes < 60_000, `${where} weighs ${bytes} bytes`);
    }
    await page.context().close();
  });

  it('leads from each page to what belongs to it', async () => {
    const page = await site.window(browser);
    await site.login(page);
    const follow = async (from, link, to) => {
      await page.goto(site.url(from));
      await Promise.all([page.waitForNavigation(), page.locator(link).first().click()]);
      assert.match(page.url(), to, `${from}: ${link}`);
      assert.equal(await page.locator('.page-head h1').count(), 1);
    };
    await follow('/endpoints', `tr .main a[href$="/${ids.good}"]`, /endpoints\/\d+$/);
    await follow(`/endpoints/${ids.good}`, 'main td.main a', /deliveries\/\d+$/);
    await follow(`/endpoints/${ids.failing}`, '.tiles a', /deliveries\?endpoint=ep_\d+&status=pending/);
    await follow(`/deliveries/${ids.retried}`, 'dd a[href*="/messages/"]', /messages\/msg_/);
    await follow(`/messages/${ids.message}`, 'dd a[href*="/events/"]', /events\/\d+$/);
    await follow(`/messages/${ids.message}`, 'dd a[href*="/users/"]', /users\/[0-9a-f-]{36}$/);
    await follow(`/messages/${ids.message}`, 'dd a[href*="/event-types/"]', /type\?name=user\.created/);
    await page.goto(site.url(`/events/${ids.event}`));
    await page.locator('summary', { hasText: 'credits_granted' }).click();
    await Promise.all([page.waitForNavigation(), page.locator('a', { hasText: 'Who was told' }).locator('visible=true').first().click()]);
    assert.match(page.url(), /messages\/\d+$/);
    await page.context().close();
  });

  it('moves by the keyboard, and a list stays new', async () => {
    const page = await site.window(browser);
    await site.login(page);
    await page.goto(site.url('/deliveries'));
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    assert.match(page.url(), /deliveries\/\d+$/);
    await Promise.all([page.waitForNavigation(), page.keyboard.press('u')]);
    const had = site.home.one('SELECT MAX(id) FROM delivery');
    await ids.out.post(`/endpoints/${ids.good}/test`, { type: 'user.deleted' });
    await page.waitForSelector(`tbody a[href$="/deliveries/${had + 1}"]`);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  it('a viewer sees all of it and can change none', async () => {
    const page = await site.window(browser);
    await site.login(page, 'viewer');
    for (const where of ['/endpoints', `/endpoints/${ids.good}`, `/endpoints/${ids.paused}`, `/messages/${ids.message}`,
      `/deliveries/${ids.retried}`, '/event-types/type?name=order.shipped']) {
      assert.equal((await page.goto(site.url(where))).status(), 200, where);
      assert.equal(await page.locator('main form[method=post]').count(), 0, where);
    }
    for (const where of ['/endpoints/new', `/endpoints/${ids.good}/recover`, `/endpoints/${ids.good}/delete`])
      assert.equal((await page.goto(site.url(where))).status(), 403, where);
    await page.context().close();
  });
});

describe('an empty site', () => {
  let browser, site;
  before(async () => {
    browser = await openBrowser();
    site = await Site.open();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });
  for (const look of [looks[0], looks[3]])
    it(`says what is missing and why: ${look.name}`, async () => {
      const page = await site.window(browser, { look });
      await site.login(page);
      for (const [where, says] of [['/endpoints', 'Nobody is told of anything yet'], ['/messages', 'Nothing to tell yet'],
        ['/deliveries', 'Nothing was sent yet'], ['/event-types', 'None yet'], ['/endpoints/new', 'The setting key is missing']]) {
        assert.equal((await page.goto(site.url(where))).status(), 200, where);
        assert.ok(plain(await page.textContent('main')).includes(says), where);
        assert.ok(await page.evaluate('document.documentElement.scrollWidth - innerWidth') <= 0, where);
        assert.deepEqual(await barriers(page), [], where);
        await shot(page, `outbox empty ${where} ${look.name}`);
      }
      for (const [where, status] of [['/endpoints/7', 404], ['/endpoints/ep_x', 404], ['/messages/msg_1', 404], ['/deliveries/9', 404],
        ['/deliveries?status=lost', 400], ['/messages?since=soon', 400], ['/event-types/type?name=x', 404], ['/event-types/type', 400]]) {
        assert.equal((await page.goto(site.url(where))).status(), status, where);
        assert.ok(await page.locator('main a, main button').count() > 0, `${where} leads nowhere`);
      }
      assert.deepEqual(page.complaints.filter((c) => !/status of 40\d/.test(c)), []);
      await page.context().close();
    });
});

for (const javaScript of [true, false])
  describe(javaScript ? 'what an operator does' : 'what an operator does without JavaScript', () => {
    let browser, site, out, page;
    const press = async (what) => (await Promise.all([page.waitForNavigation(), what.click()]))[0];
    const button = (text) => page.locator('main button', { hasText: text }).locator('visible=true').first();
    const said = async () => plain(await page.textContent('[role=status]'));
    const open = (text) => page.locator('main summary', { hasText: text }).first().click();
    const done = (action) => site.home.sql(`SELECT who, subject, before, after FROM audit_log WHERE action = '${action}' AND via = 'page' AND result = 'done' ORDER BY id`);
    before(async () => {
      browser = await openBrowser();
      site = await Site.open({ settings: outgoing() });
      out = await Out.open(site);
      page = await site.window(browser, { look: looks[javaScript ? 2 : 0], javaScript });
      await site.login(page, 'operator');
    });
    after(async () => {
      assert.deepEqual(page?.complaints.filter((c) => !/status of 4/.test(c)), []);
      await browser?.close();
      await out?.close();
      await site?.close();
    });

    it('makes an endpoint, and is told what is wrong with one', async () => {
      await page.goto(site.url('/endpoints'));
      await press(page.locator('a', { hasText: 'New endpoint' }).first());
      await page.fill('#url', 'http://169.254.169.254/latest');
      await page.fill('#types', 'user.created no$type');
      await page.fill('#description', typed);
      const answer = await press(button('Make it'));
      assert.equal(answer.status(), 400);
      assert.equal(await page.locator('[aria-invalid=true]').count(), 1);
      assert.equal(await page.inputValue('#types'), 'user.created no$type');
      if (javaScript) assert.deepEqual(await barriers(page), []);
      await page.fill('#url', out.sink.url('/200/a'));
      assert.equal((await press(button('Make it'))).status(), 400);
      assert.match(await page.textContent('#types-help'), /no\$type/);
      await page.fill('#types', '*');
      await open('Filter, rate');
      await page.fill('#headers', 'X-Shop: blue');
      await press(button('Make it'));
      assert.match(await said(), /hears of what happens from now on/);
      assert.equal(site.home.one('SELECT COUNT(*) FROM endpoint WHERE headers IS NOT NULL'), 1);
      assert.equal(done('endpoint.make')[0].subject, 'endpoint:ep_1');
    });

    it('sends it a test event, which arrives', async () => {
      await page.goto(site.url('/endpoints/1'));
      await open('Test event');
      await page.fill('#test-type', 'credits_granted');
      await press(button('Send it'));
      assert.match(page.url(), /deliveries\/1/);
      assert.match(await said(), /on its way/);
      await out.quiet();
      const [came] = out.sink.of('/200/a');
      assert.equal(JSON.parse(came.body).type, 'credits_granted');
      assert.equal(came.headers['x-shop'], 'blue');
      await page.goto(site.url('/deliveries/1'));
      assert.match(plain(await page.textContent('main')), /delivered/);
    });

    it('shows the secret that it was signed with, and rotates it', async () => {
      const { verified, verifiedV1a } = await import('../e2e/lib/sink.mjs');
      const secret = async (text) => {
        await page.goto(site.url('/endpoints/1'));
        if (text !== 'Show it') await open('Rotate');
        await press(button(text));
        return (await page.textContent('pre.code')).trim();
      };
      const first = await secret('Show it');
      assert.equal(verified(out.sink.of('/200/a')[0], first).type, 'credits_granted');
      const second = await secret('Make a new v1');
      assert.notEqual(second, first);
      const whpk = await secret('Make a v1a key');
      assert.match(whpk, /^whpk_/);
      await out.post('/endpoints/1/test', { type: 'user.created' });
      await out.quiet();
      const came = out.sink.of('/200/a').at(-1);
      for (const one of [first, second]) assert.equal(verified(came, one).type, 'user.created');
      assert.ok(verifiedV1a(came, whpk));
      await page.goto(site.url('/endpoints/1'));
      assert.ok((await page.textContent('#secrets')).includes(whpk));
      await open('Rotate');
      await press(button('Stop v1a'));
      assert.match(await said(), /v1 alone/);
      assert.equal(done('endpoint.secret_show').length, 1);
      assert.equal(done('endpoint.secret').length, 3);
      assert.equal(site.home.one("SELECT COUNT(*) FROM audit_log WHERE COALESCE(before, '') || COALESCE(after, '') GLOB '*wh[sp]*_*'"), 0);
    });

    it('changes it', async () => {
      await page.goto(site.url('/endpoints/1'));
      await press(page.locator('main a', { hasText: /^Edit$/ }));
      assert.equal(await page.inputValue('#description'), typed);
      await page.fill('#url', out.sink.url('/503/b'));
      await page.check('input[value=thin]');
      await press(button('Save'));
      assert.match(await said(), /Saved/);
      const [change] = done('endpoint.change');
      assert.ok(JSON.parse(change.before).url.endsWith('/200/a') && JSON.parse(change.after).url.endsWith('/503/b'));
    });

    it('sends again, and cancels', async () => {
      await out.user();
      await out.quiet();
      const id = site.home.one("SELECT MIN(id) FROM delivery WHERE status = 'pending'");
      const tried = out.sink.of('/503/b').length;
      await page.goto(site.url(`/deliveries/${id}`));
      await press(button('Send it again'));
      assert.match(await said(), /1 delivery is due again/);
      await until('it is tried again', () => out.sink.of('/503/b').length > tried);
      assert.equal(JSON.parse(out.sink.of('/503/b').at(-1).body).data.id.slice(0, 4), 'msg_');
      await out.quiet();
      await page.goto(site.url(`/deliveries/${id}`));
      await press(button('Cancel it'));
      assert.match(await said(), /Canceled/);
      assert.equal(await button('Cancel it').count(), 0);
      assert.equal(done('delivery.cancel')[0].subject, `delivery:${id}`);
      await page.goto(site.url(`/messages/${site.home.one(`SELECT message FROM delivery WHERE id = ${id}`)}`));
      await open('Send again');
      await press(button('Send it again to all'));
      assert.match(await said(), /1 delivery is due again/);
    });

    it('pauses with a reason; what comes is held, and sent when it is resumed', async () => {
      await out.post('/endpoints/1/edit', { url: out.sink.url('/200/c'), types: '*', payload: 'full' });
      await out.quiet();
      await page.goto(site.url('/endpoints/1'));
      await open('Pause');
      await page.fill('#why', hostileText.slice(0, 100));
      await press(button('Pause it'));
      assert.match(await said(), /Paused/);
      await out.user();
      await out.quiet();
      const came = out.sink.of('/200/c').length;
      const held = site.home.one("SELECT COUNT(*) FROM delivery WHERE status = 'held'");
      assert.ok(held >= 3);
      await page.goto(site.url('/endpoints/1'));
      await press(button('Resume'));
      assert.match(await said(), /Resumed/);
      await until('what was held arrives', () => out.sink.of('/200/c').length >= came + held);
      assert.equal(site.home.one("SELECT COUNT(*) FROM delivery WHERE status = 'held'"), 0);
    });

    it('disables it, and recovers what it missed: the count comes first', async () => {
      await page.goto(site.url('/endpoints/1'));
      await open('Pause');
      await press(button('Disable it'));
      await out.user();
      await out.quiet();
      const came = out.sink.of('/200/c').length;
      await page.goto(site.url('/endpoints/1'));
      await press(button('Enable'));
      assert.match(await said(), /sent only when you ask/);
      await press(page.locator('main a', { hasText: 'Recover…' }));
      await page.check('input[value=missed]');
      await page.fill('#since', '1h');
      await page.fill('#rate', 'many');
      assert.equal((await press(button('Count them first'))).status(), 400);
      await page.fill('#rate', '100');
      await press(button('Count them first'));
      const [, n] = /Send (\d+) deliveries\?/.exec(plain(await page.textContent('h1')));
      assert.ok(Number(n) >= 3, n);
      assert.equal(out.sink.of('/200/c').length, came);
      if (javaScript) assert.deepEqual(await barriers(page), []);
      await shot(page, `outbox recover asks ${javaScript ? 'desktop' : 'phone'}`);
      await press(button('Send them'));
      assert.match(await said(), /under way/);
      await until('what it missed arrives', () => out.sink.of('/200/c').length === came + Number(n));
      await page.goto(site.url('/endpoints/1'));
      assert.match(plain(await page.textContent('main')), new RegExp(`Recovery of what missed since .*: ${n}`));
      assert.equal(JSON.parse(done('endpoint.recover')[0].after).what, 'missed');
    });

    it('describes a type, and archives it', async () => {
      await page.goto(site.url('/event-types'));
      await press(page.locator('a', { hasText: 'Describe a type' }));
      await page.fill('#name', 'order.shipped');
      await page.fill('#about', hostileText.slice(0, 100));
      await page.fill('#sample', '{"order": "twelve"}');
      await page.fill('#schema', '{"type": "object", "properties": {"order": {"type": "integer"}}}');
      assert.equal((await press(button('Save'))).status(), 400);
      assert.match(await page.textContent('#sample-help'), /order/);
      if (javaScript) assert.deepEqual(await barriers(page), []);
      await page.fill('#sample', '{"order": 12}');
      await press(button('Save'));
      assert.match(page.url(), /type\?name=order\.shipped/);
      await press(page.locator('a', { hasText: /^Edit$/ }));
      await page.fill('#about', 'An order has left the house.');
      await press(button('Save'));
      await press(button('Archive'));
      assert.match(await said(), /Archived/);
      assert.equal(done('type.set').length, 2);
      assert.equal(done('type.archive').length, 1);
    });

    it('deletes it, when it is sure', async () => {
      await page.goto(site.url('/endpoints/1'));
      await press(page.locator('main a', { hasText: 'Delete it' }));
      assert.equal(site.home.one('SELECT COUNT(*) FROM endpoint WHERE deleted_at IS NULL'), 1);
      await press(button('Delete ep_1'));
      assert.match(await said(), /Deleted, with its secrets/);
      assert.equal(site.home.one('SELECT COUNT(*) FROM endpoint_secret'), 0);
      assert.ok(JSON.parse(done('endpoint.delete')[0].before).url.endsWith('/200/c'));
      assert.equal((await page.goto(site.url('/endpoints/1'))).status(), 404);
      assert.match(plain((await page.goto(site.url('/deliveries/1')), await page.textContent('main'))), /Its endpoint was deleted/);
    });
  });
