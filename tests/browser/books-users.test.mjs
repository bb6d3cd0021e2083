// Users, one user's story and the ledger in a real browser: phone and desktop,
// light and dark, with and without JavaScript, and with hostile names in them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { barriers, looks, openBrowser, shot, Site } from './lib/site.mjs';
import { hostile, tell } from './lib/story.mjs';
import { yearOf } from './lib/year.mjs';

const hostileName = hostile.replaceAll('\u0000', '');
// Web servers refuse the others in an address.
const hostileNote = hostile.replaceAll(/[\u0000-\u001f]/g, '');

describe("people's pages", () => {
  let browser, site, ada, mallory;
  before(async () => {
    browser = await openBrowser();
    site = await Site.open();
    await tell(site);
    ada = await yearOf(site, { standing: 'past_due' });
    mallory = await yearOf(site, { name: { first_name: hostileName, last_name: `${'x'.repeat(10_000)}`, username: hostileName },
      subject: hostileName });
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  // [address, heading, what else must be there]
  const pages = () => [
    ['/users', 'Users', ['Ada Example', ada.email, '440', 'past_due', 'Past due 1']],
    ['/users?only=late', 'Users', ['Ada Example']],
    ['/users?only=deleted', 'Users', ['Nobody']],
    [`/users?who=${ada.email.slice(0, 6)}`, 'Users', [ada.email]],
    ['/users?who=nobody-of-this-name', 'Users', ['Nobody is called so']],
    [`/users/${ada.id}`, 'Ada Example', ['440', 'past due', ada.user, ada.customer, 'no mail: bounce', 'Mail delivered',
      'Mail bounced', 'purchase', '+500', '540', 'refund', '-100', 'signup_bonus', 'user.created', 'metadata invalid',
      'Subscription begun', 'Stripe customer linked', 'session.created', 'Adjust credits']],
    [`/users/${ada.id}?kind=credits`, 'Ada Example', ['purchase', '+500', 'End of the list']],
    [`/users/${ada.id}?kind=sign-ins`, 'Ada Example', ['Signed in']],
    [`/users/${ada.id}?kind=keys`, 'Ada Example', ['Nothing of this kind']],
    [`/users/${mallory.id}`, '<script>', ['<script>', 'Mail sent']],
    [`/users/${ada.id}/adjust`, 'Adjust credits', ['There are 440 now']],
    [`/users/${ada.id}/adjust?amount=-40&note=${encodeURIComponent(hostileNote)}`, 'Take 40 credits away?', ['440', '400', '<script>']],
    ['/ledger', 'Ledger', ['purchase', 'signup_bonus', '-100', ada.email, `stripe:${ada.payment}`, 'system']],
    [`/ledger?user=${ada.user}`, 'Ledger', [ada.email, 'Given', '540', 'Together', '440']],
    ['/ledger?kind=dispute', 'Ledger', ['No transfer fits']],
  ];

  for (const look of looks)
    it(look.name, async () => {
      const page = await site.window(browser, { look });
      await site.login(page);
      for (const [where, heading, words] of pages()) {
        const answer = await page.goto(site.url(where));
        assert.equal(answer.status(), 200, where);
        assert.ok((await page.textContent('h1')).includes(heading), `${where}: ${await page.textContent('h1')}`);
        const text = (await page.textContent('main')).replaceAll(/\s+/g, ' ').toLowerCase();
        for (const word of words) assert.ok(text.includes(word.toLowerCase()), `${where} does not say ${word}: ${text.slice(0, 3000)}`);
        assert.doesNotMatch(await page.title(), /owned/, where);
        assert.equal(await page.locator('main script, main img, main [onmouseover]').count(), 0, where);
        assert.doesNotMatch(await page.textContent('body'), /[\u202e\u2066\u0007\u001b\u0000]/, `${where}: a control character came through`);
        const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(wide <= 0, `${where} is ${wide} px wider than the ${look.name}`);
        assert.deepEqual(await barriers(page), [], where);
        await shot(page, `${where.replace(ada.id, 'ada').replace(mallory.id, 'mallory').replace(/note=.*/, 'note')} ${look.name}`);
      }
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });

  it('says what is wrong with a filter, and keeps it', async () => {
    const page = await site.window(browser);
    await site.login(page);
    for (const [where, words] of [
      ['/ledger?kind=gift&key=stripe:*', /no such kind/], ['/ledger?user=nobody%40example.com', /nobody of this name/],
      [`/users/${ada.id}/adjust?amount=1.5&note=x`, /whole number/], [`/users/${ada.id}/adjust?amount=5`, /Say why/],
      ['/users?only=rich', /late or deleted/], [`/users/${ada.id}?before=x`, /links of the list/],
    ]) {
      assert.equal((await page.goto(site.url(where))).status(), 400, where);
      assert.match(await page.textContent('main'), words, where);
      assert.deepEqual(await barriers(page), [], where);
    }
    await page.goto(site.url('/ledger?kind=gift&key=stripe:*'));
    assert.equal(await page.locator('.filters input[name=key]').inputValue(), 'stripe:*');
    assert.equal((await page.goto(site.url('/users/user_nobody'))).status(), 404);
    assert.match(await page.textContent('main'), /no user user_nobody/);
    await page.context().close();
  });

  it('weighs little', async () => {
    const jar = await site.session();
    for (const where of ['/users', `/users/${ada.id}`, '/ledger']) {
      const text = await (await jar.fetch(site.url(where))).text();
      assert.ok(text.length < 40_000, `${where} weighs ${text.length}`);
    }
  });

  it('goes by keys', async () => {
    const page = await site.window(browser);
    await site.login(page);
    const go = (...keys) => Promise.all([page.waitForNavigation(), (async () => { for (const k of keys) await page.keyboard.press(k); })()]);
    await page.goto(site.url('/users'));
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await go('Enter');
    assert.match(page.url(), new RegExp(`/users/${ada.id}$`));
    await page.keyboard.press('?');
    assert.match(await page.textContent('dialog'), /ledger/);
    await page.keyboard.press('Escape');
    await go('u');
    assert.match(page.url(), /\/users$/);
    await go('g', 'l');
    assert.match(page.url(), /\/ledger$/);
    await page.keyboard.press('/');
    await page.keyboard.type(ada.email);
    await go('Enter');
    assert.match(page.url(), new RegExp(`/users/${ada.id}$`));
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  it('the event page leads to the story, and the story to the event', async () => {
    const page = await site.window(browser);
    await site.login(page);
    await page.goto(site.url(`/events/${ada.paid}`));
    await Promise.all([page.waitForNavigation(), page.getByText("the user's story").click()]);
    assert.match(page.url(), new RegExp(`/users/${ada.id}$`));
    await Promise.all([page.waitForNavigation(), page.locator('.story a', { hasText: 'purchase' }).click()]);
    assert.match(page.url(), new RegExp(`/events/${ada.paid}$`));
    await page.context().close();
  });
});

for (const javaScript of [true, false])
  for (const look of [looks[0], looks[3]])
    describe(`what is done to people, ${look.name}${javaScript ? '' : ', without JavaScript'}`, () => {
      let browser, site, ada, page;
      const press = (what) => Promise.all([page.waitForNavigation(), what.click()]);
      const open = (text) => page.locator('summary', { hasText: text }).first().click();
      const balance = () => site.home.one(`SELECT balance FROM account WHERE owner = '${ada.id}'`);
      const logged = (action) => site.home.one(`SELECT count(*) FROM audit_log WHERE result = 'done' AND action = '${action}'
        AND who = 'operator' AND subject = 'user:${ada.id}'`);

      before(async () => {
        browser = await openBrowser();
        // With a key to seal by, each user is given one of the interface.
        site = await Site.open({ settings: { hookkeeper: { key: randomBytes(32).toString('base64') } } });
        ada = await yearOf(site);
        page = await site.window(browser, { look, javaScript });
        await site.login(page, 'operator');
      });
      after(async () => {
        assert.deepEqual(page?.complaints ?? [], []);
        await browser?.close();
        await site?.close();
      });

      it('finds somebody by the beginning of a name', async () => {
        await page.goto(site.url('/users'));
        await page.fill('.find input', 'ada ex');
        await press(page.locator('.find button'));
        assert.match(page.url(), /who=ada\+ex/);
        await press(page.locator('.users .main a').first());
        assert.match(page.url(), new RegExp(ada.id));
      });

      it('gives credits after showing what comes of it', async () => {
        await page.goto(site.url(`/users/${ada.id}`));
        await open('Adjust credits');
        await page.fill('#amount', '60');
        await page.fill('#note', 'Sorry for <b>Tuesday</b> {{7}}');
        await press(page.locator('button', { hasText: 'Look at it first' }));
        assert.match(await page.textContent('main'), /Give 60 credits\?[^]*440[^]*500/);
        assert.equal(balance(), 440, 'looking changed something');
        if (javaScript) assert.deepEqual(await barriers(page), []);
        await press(page.locator('button', { hasText: 'Give them' }));
        assert.match(await page.textContent('main'), /Booked/);
        assert.match(await page.textContent('.story'), /adjust[^]*Sorry for <b>Tuesday<\/b> \{\{7\}\}[^]*\+60[^]*500/);
        assert.equal(balance(), 500);
        assert.equal(logged('credits.adjust'), 1);
        assert.match(await page.textContent('.story'), /credits\.adjust[^]*operator by page/);
      });

      it('does not take more than there is', async () => {
        await page.goto(site.url(`/users/${ada.id}/adjust`));
        await page.fill('#amount', '-501');
        await page.fill('#note', 'all of it');
        await press(page.locator('main button.primary'));
        assert.match(await page.textContent('main'), /more than there is/);
        assert.equal(await page.inputValue('#note'), 'all of it');
        page.complaints = page.complaints.filter((c) => !/status of 400/.test(c));
        assert.equal(balance(), 500);
      });

      it('asks again when the balance has changed meanwhile', async () => {
        const other = await site.session('operator');
        await page.goto(site.url(`/users/${ada.id}/adjust?amount=-100&note=a`));
        const form = await (await other.fetch(site.url(`/users/${ada.id}/adjust?amount=-30&note=b`))).text();
        const [, key] = /name="key" value="([^"]+)"/.exec(form);
        await other.post(site.url(`/users/${ada.id}/adjust`), { form_token: other.token, key, seen: 500, amount: -30, note: 'b' });
        await press(page.locator('button', { hasText: 'Take them away' }));
        assert.match(await page.textContent('main'), /changed meanwhile[^]*470[^]*370/);
        page.complaints = page.complaints.filter((c) => !/status of 409/.test(c));
        assert.equal(balance(), 470);
        await press(page.locator('button', { hasText: 'Take them away' }));
        assert.equal(balance(), 370);
      });

      it('revokes a key', async () => {
        await page.goto(site.url(`/users/${ada.id}`));
        assert.match(await page.textContent('#keys'), /hk_\w+… default not revealed yet/);
        await open('Revoke…');
        if (javaScript) assert.deepEqual(await barriers(page), []);
        await press(page.locator('#keys button'));
        assert.match(await page.textContent('main'), /key is revoked/);
        assert.match(await page.textContent('#keys'), /revoked/);
        assert.equal(site.home.one('SELECT count(*) FROM api_key WHERE revoked_at IS NOT NULL'), 1);
        assert.equal(logged('key.revoke'), 1);
      });

      it('filters the ledger, and the address keeps it', async () => {
        await page.goto(site.url('/ledger'));
        if (!await page.locator('select[name=kind]').isVisible()) await open('Filter');
        await page.selectOption('select[name=kind]', 'adjust');
        await page.fill('input[name=user]', ada.email);
        await press(page.locator('.filters button'));
        assert.match(page.url(), /kind=adjust&user=ada/);
        assert.equal(await page.locator('.ledger tbody tr').count(), 3);
        await press(page.locator('.chips a', { hasText: 'Kind' }));
        assert.equal(await page.locator('.ledger tbody tr').count(), 6);
      });

      it('downloads what the filter shows', async () => {
        for (const kind of ['csv', 'ndjson']) {
          await page.goto(site.url(`/ledger?user=${ada.user}`));
          const [file] = await Promise.all([page.waitForEvent('download'),
            page.locator('a', { hasText: new RegExp(`^${kind}$`, 'i') }).click()]);
          const text = fs.readFileSync(await file.path(), 'utf8').trim().split('\n');
          assert.equal(kind === 'csv' ? text.length - 1 : text.map(JSON.parse).length, 6, kind);
        }
      });

      it('offers a viewer nothing to do', async () => {
        const jar = await site.session('viewer');
        const text = await (await jar.fetch(site.url(`/users/${ada.id}`))).text();
        assert.doesNotMatch(text, /Adjust credits|Revoke…/);
        assert.equal((await jar.fetch(site.url(`/users/${ada.id}/adjust?amount=5&note=x`))).status, 403);
      });
    });
