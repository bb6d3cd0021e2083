// Plans, subscriptions, mails, suppressed addresses, what an event caused, and the
// books' part of the dashboard, in a real browser: each page at every look, each
// action with and without JavaScript.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../e2e/lib/home.mjs';
import { address, hostileText, tellBooks } from './lib/books.mjs';
import { barriers, looks, openBrowser, shot, Site } from './lib/site.mjs';

const plain = (text) => text.replaceAll(/[\s\u202f]+/g, ' ');

describe("the books' pages", () => {
  let browser, site, ids;
  before(async () => {
    browser = await openBrowser();
    site = await Site.open();
    ids = await tellBooks(site);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  // [address, heading, what else must be there]
  const pages = () => [
    ['/plans', 'Plans', ['Basic, monthly', 'price_unknown', '3 events wait', '10.00 USD = 1 000 credits', '10 JPY = 6 credits', '10.000 KWD = 2 000 credits', 'Add a plan']],
    ['/plans?ref=price_basic', 'Plans', ['Change Basic, monthly', 'Remove']],
    ['/subscriptions', 'Subscriptions', ['Basic, monthly', 'past_due', 'nobody known yet', `${ids.clerk.toLowerCase()}@example.com`]],
    ['/subscriptions?status=past_due', 'Subscriptions', ['past_due', 'Clear the filter']],
    ['/subscriptions?owner=nobody', 'Subscriptions', ['No subscription fits']],
    [`/subscriptions/${ids.subscription}`, 'Basic, monthly', ['sub_1', 'in_1', 'pi_1', '10.00 USD', '2.50 USD', 'needs_response', 'ch_1', 'charge.refunded', 'customer.subscription.created']],
    ['/mails', 'Mails', ['News of week 1', 'clicked', 'bounced', 'complained', 'no subject']],
    ['/mails?state=bounced', 'Mails', [address(3), address(4)]],
    [`/mails?address=${address(1)}`, 'Mails', ['News of week 1']],
    ['/mails?address=nobody%40example.com', 'Mails', ['No mail fits']],
    ['/mails/mail_1', 'News of week 1', ['opened', 'delivered', 'clicked', 'event #']],
    ['/mails/mail_3', 'Your receipt', ['no: bounce', 'Permanent', 'Let it be written to']],
    ['/mails/mail_6', '<script>', ['two@example.com']],
    ['/mails/mail_7', 'שלום', []],
    ['/suppressions', 'Suppressed', [address(3), address(5), 'complaint', 'Lift']],
    ['/suppressions?address=nobody', 'Suppressed', ['None of these']],
    [`/events/${ids.userEvent}`, 'user.created', ['site_user', 'signup_bonus', 'Messages it caused', 'user.created', 'msg_', 'balance']],
    [`/events/${ids.refunded}`, 'charge.refunded', ['refund', 'credit_balance_updated']],
    ['/dashboard', 'Dashboard', ['Credits granted', 'Taken back', 'Mails delivered', 'given again', 'complained']],
  ];

  for (const look of looks)
    it(look.name, async () => {
      const page = await site.window(browser, { look, javaScript: look !== looks[0] });
      await site.login(page);
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
        await shot(page, `books ${where.replace(/\d+$/, (n) => Object.keys(ids).find((k) => ids[k] === Number(n)) ?? n)} ${look.name}`);
      }
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });

  it('stays small: style, script and page below 60 KB', async () => {
    const page = await site.window(browser);
    await site.login(page);
    let bytes = 0;
    page.on('response', async (r) => { bytes += (await r.body().catch(() => Buffer.alloc(0))).length; });
    for (const where of ['/plans', '/subscriptions', `/subscriptions/${ids.subscription}`, '/mails', '/suppressions', '/dashboard?range=1h']) {
      bytes = 0;
      await page.goto(site.url(where), { waitUntil: 'networkidle' });
      assert.ok(bytes < 60_000, `${where} weighs ${bytes} bytes`);
    }
    await page.context().close();
  });

  it('leads from an event to the rows it changed', async () => {
    const page = await site.window(browser);
    await site.login(page);
    const linked = async (id) => Promise.all((await page.goto(site.url(`/events/${id}`)), await page.locator('main h3 a').all())
      .map((a) => a.getAttribute('href')));
    assert.ok((await linked(ids.begun)).includes(`/admin/subscriptions/${ids.subscription}`));
    assert.ok((await linked(ids.invoiced)).includes(`/admin/users/${ids.user}`));
    assert.ok((await linked(ids.read)).includes('/admin/mails/mail_1'));
    assert.ok((await linked(ids.bounced)).some((href) => href.includes('/suppressions?address=')));
    for (const href of [...await linked(ids.begun), ...await linked(ids.bounced)])
      assert.equal((await page.goto(new URL(href, site.url()).href)).status(), 200, href);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  it('a viewer sees all of it and can change none', async () => {
    const page = await site.window(browser);
    await site.login(page, 'viewer');
    for (const where of ['/plans?ref=usd', '/suppressions', '/mails/mail_3']) {
      assert.equal((await page.goto(site.url(where))).status(), 200, where);
      assert.equal(await page.locator('main form[method=post]').count(), 0, where);
    }
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
      for (const [where, says] of [['/plans', 'No plans yet'], ['/subscriptions', 'No subscriptions yet'],
        ['/mails', 'No mails yet'], ['/suppressions', 'Nobody is suppressed'], ['/dashboard', 'Credits granted']]) {
        assert.equal((await page.goto(site.url(where))).status(), 200, where);
        assert.ok((await page.textContent('main')).includes(says), where);
        assert.ok(await page.evaluate('document.documentElement.scrollWidth - innerWidth') <= 0, where);
        assert.deepEqual(await barriers(page), [], where);
        await shot(page, `books empty ${where} ${look.name}`);
      }
      for (const [where, status] of [['/subscriptions/7', 404], ['/mails/none', 404], ['/mails?state=lost', 400],
        ['/subscriptions?before=x', 400], ['/suppressions?reason=why', 400]]) {
        assert.equal((await page.goto(site.url(where))).status(), status, where);
        assert.ok(await page.locator('main a, main button').count() > 0, `${where} leads nowhere`);
      }
      assert.deepEqual(page.complaints.filter((c) => !/status of 40\d/.test(c)), []);
      await page.context().close();
    });
});

for (const javaScript of [true, false])
  describe(javaScript ? 'what an operator does' : 'what an operator does without JavaScript', () => {
    let browser, site, ids, page;
    const press = async (what) => Promise.all([page.waitForNavigation(), what.click()]);
    const done = (action) => site.home.sql(`SELECT who, subject, before, after FROM audit_log WHERE action = '${action}' AND via = 'page' AND result = 'done' ORDER BY id`);
    before(async () => {
      browser = await openBrowser();
      site = await Site.open();
      ids = await tellBooks(site);
      page = await site.window(browser, { look: looks[javaScript ? 2 : 0], javaScript });
      await site.login(page, 'operator');
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });

    it('sets the plan that three events wait for, and they go on', async () => {
      assert.equal(site.home.one("SELECT count(*) FROM event WHERE waits_for = 'plan:price_unknown'"), 3);
      await page.goto(site.url('/plans'));
      await page.fill('input[aria-label="Credits for price_unknown"]', '70');
      await press(page.locator('button', { hasText: /^Set price_unknown$/ }));
      assert.match(await page.textContent('[role=status]'), /The 3 events that waited for it are due now/);
      await until('they are handled', () => site.home.one("SELECT count(*) FROM event WHERE waits_for IS NOT NULL OR status <> 'completed'") === 0);
      assert.equal(site.home.one("SELECT sum(credits) FROM period_grant WHERE item = 'si_2'"), 210);
      const [line] = done('plan.set');
      assert.equal(line.subject, 'plan:price_unknown');
      assert.equal(line.before, null);
      assert.equal(JSON.parse(line.after).credits, '70');
      await page.goto(site.url(`/events/${ids.waiting}`));
      assert.match(plain(await page.textContent('main')), /70/);
    });

    it('adds a rate, and is told what is wrong with one', async () => {
      await page.goto(site.url('/plans'));
      await page.fill('#ref', 'EUR');
      await page.fill('#credits', 'a few');
      await page.fill('#per', '0');
      const [answer] = await press(page.locator('button.primary', { hasText: 'Save' }));
      assert.equal(answer.status(), 400);
      const text = await page.textContent('main');
      assert.match(text, /Credits are a whole number/);
      assert.match(text, /a whole number from 1 on/);
      assert.equal(await page.inputValue('#credits'), 'a few');
      assert.equal(await page.locator('[aria-invalid=true]').count(), 2);
      if (javaScript) assert.deepEqual(await barriers(page), []);
      await page.fill('#credits', '1 000');
      await page.fill('#per', '100');
      await press(page.locator('button.primary', { hasText: 'Save' }));
      assert.match(plain(await page.textContent('main')), /10\.00 EUR = 10 000 credits/);
      page.complaints = page.complaints.filter((c) => !/status of 400/.test(c));
    });

    it('changes a plan, with a hostile name, and removes it', async () => {
      await page.goto(site.url('/plans'));
      await press(page.locator('main a', { hasText: 'Basic, monthly' }));
      assert.equal(await page.inputValue('#credits'), '1000');
      await page.fill('#name', hostileText.slice(0, 100));
      await page.fill('#credits', '1200');
      await press(page.locator('button.primary', { hasText: 'Save' }));
      assert.equal(site.home.one("SELECT credits FROM plan WHERE ref = 'price_basic'"), 1200);
      const change = done('plan.set').at(-1);
      assert.equal(JSON.parse(change.before).credits, '1000');
      assert.equal(JSON.parse(change.after).credits, '1200');
      assert.doesNotMatch(await page.title(), /owned/);
      await page.goto(site.url('/plans?ref=price_basic'));
      await press(page.locator('button.danger', { hasText: 'Remove' }));
      assert.match(await page.textContent('[role=status]'), /Removed/);
      assert.equal(site.home.one("SELECT count(*) FROM plan WHERE ref = 'price_basic'"), 0);
      const [gone] = done('plan.rm');
      assert.equal(JSON.parse(gone.before).credits, '1200');
      assert.equal(gone.after, null);
    });

    it('filters subscriptions and mails, and the address keeps it', async () => {
      await page.goto(site.url('/subscriptions'));
      const open = async (select) => {
        if (!await page.locator(select).isVisible()) await page.locator('.filters > summary').click();
      };
      await open('select[name=status]');
      await page.selectOption('select[name=status]', 'active');
      await page.fill('input[name=owner]', ids.clerk);
      await press(page.locator('button', { hasText: /^Filter$/ }));
      assert.match(page.url(), /status=active.*owner=user_/);
      assert.equal(await page.locator('tbody tr').count(), 2);
      await page.goto(site.url('/mails'));
      await open('select[name=state]');
      await page.selectOption('select[name=state]', 'delivered');
      await page.fill('input[name=address]', address(2).toUpperCase());
      await press(page.locator('button', { hasText: /^Filter$/ }));
      assert.equal(await page.locator('tbody tr').count(), 1);
    });

    it('lifts a suppression', async () => {
      await page.goto(site.url('/suppressions'));
      const row = page.locator('tbody tr', { hasText: address(3) });
      await press(row.locator('button'));
      assert.match(await page.textContent('[role=status]'), /may be written to again/);
      assert.equal(site.home.one(`SELECT count(*) FROM suppression WHERE address = '${address(3)}'`), 0);
      const [line] = done('suppression.lift');
      assert.equal(line.subject, `suppression:${address(3)}`);
      assert.equal(line.who, 'operator');
      assert.equal(JSON.parse(line.before).reason, 'bounce');
      await page.goto(site.url('/mails/mail_5'));
      await press(page.locator('button', { hasText: 'Let it be written to' }));
      assert.equal(site.home.one('SELECT count(*) FROM suppression'), 0);
      assert.deepEqual(page.complaints, []);
    });
  });
