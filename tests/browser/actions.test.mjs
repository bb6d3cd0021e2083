// What a person does with the pages, in a real browser, with and without
// JavaScript: each action changes what it says, and the audit log knows who did it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { until } from '../e2e/lib/home.mjs';
import { checkout, clerkUser, send, stripeEvent } from '../e2e/lib/senders.mjs';
import { openBrowser, looks, Site } from './lib/site.mjs';
import { tell } from './lib/story.mjs';

for (const javaScript of [true, false])
  describe(javaScript ? 'actions' : 'actions without JavaScript', () => {
    let browser, site, ids, page;
    const status = (id) => site.home.sql(`SELECT status, outcome, reason, attempts FROM event WHERE id = ${id}`)[0];
    const done = (action) => site.home.one(`SELECT count(*) FROM audit_log WHERE result = 'done' AND action = '${action}'`);
    const go = async (where) => {
      const answer = await page.goto(site.url(where));
      assert.equal(answer.status(), 200, where);
    };
    const press = async (what) => Promise.all([page.waitForNavigation(), what.click()]);
    // A <details> opens without JavaScript too.
    const open = (text) => page.locator('summary', { hasText: new RegExp(`^${text}`) }).first().click();
    const listed = async () => Promise.all((await page.locator('tbody a').all()).map((a) => a.getAttribute('href')));

    before(async () => {
      browser = await openBrowser();
      site = await Site.open();
      ids = await tell(site);
      page = await site.window(browser, { look: looks[javaScript ? 2 : 0], javaScript });
      await site.login(page);
    });
    after(async () => {
      assert.deepEqual(page?.complaints ?? [], []);
      await browser?.close();
      await site?.close();
    });

    it('filters the log, and the address keeps it', async () => {
      await go('/events');
      if (!await page.locator('select[name=provider]').isVisible()) await open('Filter');
      await page.selectOption('select[name=provider]', 'stripe');
      await page.fill('input[name=type]', 'checkout.*');
      await press(page.locator('button', { hasText: /^Filter$/ }));
      assert.match(page.url(), /provider=stripe/);
      const text = await page.textContent('tbody');
      assert.match(text, /checkout\.session\.completed/);
      assert.doesNotMatch(text, /user\.created|payment_intent/);
      const before = await listed();
      await page.goto(page.url());
      assert.deepEqual(await listed(), before);
    });

    it('says what is wrong with a filter, and keeps it', async () => {
      const answer = await page.goto(site.url('/events?since=yesterdayish&provider=stripe'));
      assert.equal(answer.status(), 400);
      assert.match(await page.textContent('main'), /yesterdayish/);
      assert.equal(await page.locator('.filters input[name=since]').inputValue(), 'yesterdayish');
      page.complaints = page.complaints.filter((c) => !/status of 400/.test(c));
    });

    it('keeps a filter by a name, and forgets it', async () => {
      await go('/events?provider=clerk');
      await open('Kept filters');
      await page.fill('#keep', 'From Clerk');
      await press(page.locator('button', { hasText: /^Keep$/ }));
      await go('/events');
      await open('Kept filters');
      await press(page.locator('a', { hasText: 'From Clerk' }));
      assert.match(page.url(), /provider=clerk/);
      await open('Kept filters');
      await press(page.locator('.kept button').first());
      assert.equal(site.home.one('SELECT count(*) FROM saved_filter'), 0);
    });

    it('shows a dry run and changes nothing', async () => {
      const before = site.home.one('SELECT count(*) FROM transfer');
      await go(`/events/${ids.failed}`);
      await press(page.locator('button', { hasText: 'Dry run' }));
      assert.match(await page.textContent('main'), /metadata invalid/);
      await go(`/events/${ids.handled}`);
      await press(page.locator('button', { hasText: 'Dry run' }));
      assert.equal(site.home.one('SELECT count(*) FROM transfer'), before);
      assert.equal(status(ids.failed).status, 'failed');
    });

    it('retries one event, and it is worked again', async () => {
      await go(`/events/${ids.failed}`);
      await press(page.locator('header button.primary'));
      assert.match(await page.textContent('body'), /due again/);
      await until('worked again', () => status(ids.failed).status === 'failed' &&
        site.home.one(`SELECT count(*) FROM attempt WHERE event = ${ids.failed}`) >= 2);
      assert.equal(done('event.retry'), 1);
    });

    it('retries what is ticked, after showing how many', async () => {
      await go('/events?status=failed');
      for (const box of await page.locator('tbody input[type=checkbox]').all()) await box.check();
      const ticked = await page.locator('tbody input:checked').count();
      assert.ok(ticked >= 2);
      await press(page.locator('button', { hasText: 'Retry selected' }));
      assert.match(await page.textContent('h1'), new RegExp(`Retry ${ticked} events`));
      await press(page.locator('main form button.primary'));
      assert.match(await page.textContent('body'), new RegExp(`${ticked} events are due again`));
      await site.home.settled();
    });

    it('retries all of a filter', async () => {
      await go('/events?status=failed');
      await press(page.locator('a', { hasText: 'Retry these' }));
      await press(page.locator('main form button.primary'));
      assert.match(await page.textContent('body'), /due again/);
      await site.home.settled();
    });

    it('resolves a failed event with a note', async () => {
      await go(`/events/${ids.hostile}`);
      await open('Resolve');
      await page.fill('#note', 'Paid back by hand: <b>ticket</b> {{7}}');
      await press(page.locator('button', { hasText: /^Resolve$/ }));
      assert.deepEqual(status(ids.hostile), { status: 'completed', outcome: 'resolved',
        reason: 'Paid back by hand: <b>ticket</b> {{7}}', attempts: status(ids.hostile).attempts });
      assert.match(await page.textContent('main'), /<b>ticket<\/b> \{\{7\}\}/);
    });

    it('finds by id, by whom it is about and by text', async () => {
      const eventId = site.home.one(`SELECT event_id FROM event WHERE id = ${ids.paid}`);
      await go('/events');
      await page.fill('input[type=search]', eventId);
      await Promise.all([page.waitForNavigation(), page.press('input[type=search]', 'Enter')]);
      assert.match(page.url(), new RegExp(`/events/${ids.paid}$`));
      await page.goto(site.url(`/search?q=${ids.user}`));
      assert.match(await page.textContent('main'), /user\.created/);
      await until('the index is there', async () => {
        await page.goto(site.url('/search?q=buyer%40example.com'));
        return /checkout\.session\.completed/.test(await page.textContent('main'));
      });
      await page.goto(site.url('/search?q=424242'));
      assert.doesNotMatch(await page.textContent('main'), /email\.created/, 'a one-time code can be searched for');
    });

    it('downloads what the filter shows', async () => {
      for (const kind of ['csv', 'ndjson']) {
        await go('/events?provider=stripe');
        const [file] = await Promise.all([page.waitForEvent('download'),
          page.locator('a', { hasText: new RegExp(`^${kind}$`, 'i') }).click()]);
        const text = fs.readFileSync(await file.path(), 'utf8').trim().split('\n');
        const rows = kind === 'csv' ? text.length - 1 : text.map(JSON.parse).filter((row) => row.id).length;
        assert.equal(rows, site.home.one("SELECT count(*) FROM event WHERE provider = 'stripe'"), kind);
      }
    });

    it('sends a sample to the own receiver', async () => {
      await go('/samples');
      await press(page.locator('main nav a', { hasText: 'Clerk' }));
      const had = site.home.one("SELECT count(*) FROM event WHERE event_type = 'user.created'");
      await press(page.locator('form[action$="/samples/send"] button[value="user.created"]'));
      assert.match(await page.textContent('body'), /answered 200/);
      assert.equal(site.home.one("SELECT count(*) FROM event WHERE event_type = 'user.created'"), had + 1);
    });

    it('takes a refused request in once its secret is known', async () => {
      const secret = `whsec_${'B'.repeat(32)}`;
      const event = stripeEvent('payment_intent.created', { id: 'pi_late', object: 'payment_intent' });
      const refused = await send(site.web.url('/webhooks/stripe'), 'stripe', secret, event.body);
      assert.equal(refused.status, 400);
      const id = await until('in the quarantine', () =>
        site.home.one(`SELECT id FROM quarantine WHERE CAST(body AS TEXT) LIKE '%pi_late%'`));
      await go(`/quarantine/${id}`);
      assert.equal(await page.locator('form[action$="/accept"]').count(), 0, 'no secret signs it, so it cannot be taken in');
      const conf = fs.readFileSync(site.home.conf, 'utf8');
      site.home.write(site.home.conf, conf.replace(/(\[stripe\]\nsecrets = )/, `$1${secret} `));
      fs.chmodSync(site.home.conf, 0o600);
      await site.restart();	// whoever was logged in still is
      await go(`/quarantine/${id}`);
      await press(page.locator('form[action$="/accept"] button'));
      assert.match(await page.textContent('body'), /it is event/i);
      assert.equal(site.home.one(`SELECT count(*) FROM event WHERE event_id = '${event.id}'`), 1);
    });

    it('shows times in another zone', async () => {
      await go('/events');
      if (javaScript) await page.locator('header summary', { hasText: 'UTC' }).click();
      else await page.locator('summary', { hasText: 'UTC' }).first().click();
      await page.selectOption('select[name=zone]', 'Asia/Kolkata');
      await page.locator('input[name=exact], select[name=exact]').first().evaluate((box) => {
        if (box.type === 'checkbox') box.checked = true; else box.value = '1';
      }).catch(() => {});
      await press(page.locator('form[action$="/view"] button').first());
      const at = site.home.one('SELECT created_at FROM event ORDER BY id DESC LIMIT 1') / 1000;
      const there = new Date(at + 5.5 * 3600e3).toISOString().slice(0, 16).replace('T', ' ');
      assert.ok((await page.content()).includes(there), `no ${there} on the page`);
    });

    it('makes a person, who may only look, and masks codes for them', async () => {
      await page.goto(site.url('/events'));
      const eyes = await site.window(browser, { javaScript });
      await site.login(eyes, 'viewer');
      await eyes.goto(site.url(`/events/${ids.code}`));
      const text = await eyes.textContent('main');
      assert.doesNotMatch(text, /424242/);
      assert.match(text, /one-time code/);
      assert.equal(await eyes.locator('main form[method=post]').count(), 0, 'a viewer is offered an action');
      await eyes.context().close();
      await go(`/events/${ids.code}`);
      assert.match(await page.textContent('main'), /424242/);
    });

    it('changes the own password, and the old one is worth nothing', async () => {
      const own = await site.window(browser, { javaScript });
      await site.login(own, 'operator');
      await own.goto(site.url('/me'));
      const fields = own.locator('form[action$="/me/password"] input[type=password]');
      const count = await fields.count();
      await fields.nth(0).fill(site.passwords.operator);
      for (let i = 1; i < count; i++) await fields.nth(i).fill('a new long password');
      await Promise.all([own.waitForNavigation(), own.locator('form[action$="/me/password"] button').click()]);
      assert.match(await own.textContent('body'), /password is changed/);
      await own.context().clearCookies();
      await assert.rejects(site.login(own, 'operator'));
      site.passwords.operator = 'a new long password';
      await site.login(own, 'operator');
      await own.context().close();
    });

    it('logs out', async () => {
      await page.goto(site.url('/events'));
      await page.locator('header summary', { hasText: 'admin' }).click();
      await press(page.locator('form[action$="/logout"] button'));
      await page.goto(site.url('/events'));
      assert.match(page.url(), /\/login\?next=/);
    });

    if (javaScript)
      it('goes by the keyboard', async () => {
        await site.login(page);
        await page.goto(site.url('/events'));
        await page.keyboard.press('j');
        await page.keyboard.press('j');
        await page.keyboard.press('k');
        await page.keyboard.press('x');
        assert.equal(await page.locator('tbody input:checked').count(), 1);
        await page.keyboard.press('x');
        await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
        assert.match(page.url(), /\/events\/\d+$/);
        await page.keyboard.press('/');
        assert.equal(await page.evaluate('document.activeElement.type'), 'search');
        await page.keyboard.press('Escape');
        await page.evaluate('document.activeElement.blur()');
        await page.keyboard.press('?');
        assert.ok(await page.locator('dialog[open]').isVisible());
        await page.keyboard.press('Escape');
        await page.keyboard.press('g');
        await Promise.all([page.waitForNavigation(), page.keyboard.press('d')]);
        assert.match(page.url(), /dashboard/);
      });

    if (javaScript)
      it('shows a new event by itself', async () => {
        await page.goto(site.url('/events'));
        const { body } = clerkUser();
        await send(site.web.url('/webhooks/clerk'), 'clerk', site.home.secret.clerk, body);
        const newest = site.home.one('SELECT max(id) FROM event');
        await page.locator(`tbody a[href$="/events/${newest}"]`).first().waitFor({ timeout: 15000 });
      });
  });
