// Each page in a real browser: phone and desktop, light and dark.  It says what
// it should, nothing sticks out, axe finds no barrier, the console stays silent.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { barriers, looks, openBrowser, shot, Site } from './lib/site.mjs';
import { tell } from './lib/story.mjs';
import { until } from '../e2e/lib/home.mjs';

describe('the pages', () => {
  let browser, site, ids;
  before(async () => {
    browser = await openBrowser();
    site = await Site.open();
    ids = await tell(site);
    await until('it is indexed', () => site.home.one("SELECT value FROM mark WHERE name = 'indexed_to'") >= ids.hostile);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  // [address, heading, what else must be there]
  const pages = () => [
    ['/events', 'Events', ['checkout.session.completed', 'failed', 'waiting', 'user.created']],
    ['/events?status=failed', 'Events', ['failed']],
    ['/events?provider=resend&type=nothing.like.this', 'Events', ['No ']],
    [`/events/${ids.handled}`, 'user.created', ['completed', 'site_user', 'signup_bonus', 'hookkeeper send --event']],
    [`/events/${ids.paid}`, 'checkout.session.completed', ['500', 'purchase']],
    [`/events/${ids.failed}`, 'checkout.session.completed', ['metadata invalid', 'Retry', 'Dry run']],
    [`/events/${ids.waiting}`, 'checkout.session.completed', ['waiting', 'user_2NotHereYetNotHereYetNotHe']],
    [`/events/${ids.hostile}`, 'checkout.session.completed', ['<script>']],
    ['/events/retry?status=failed', 'Retry', ['2']],
    ['/search?q=buyer', 'Search', ['text index reaches to #8', 'waiting']],
    ['/quarantine', 'Quarantine', ['unknown type']],
    [`/quarantine/${ids.forged}`, 'Refused', ['Stripe', 'cannot be accepted']],
    [`/quarantine/${ids.unknown}`, 'Refused', ['made.up', 'Accept it']],
    ['/samples', 'Event types', ['checkout.session.completed', 'Send']],
    ['/samples?provider=stripe&all=1', 'Event types', ['treasury.received_credit.created']],
    ['/dashboard', 'Dashboard', ['Received', 'Handled', 'As a table']],
    ['/people', 'People', ['viewer', 'operator']],
    ['/me', 'account', ['Password']],
    ['/audit-log', 'Audit log', ['login']],
    ['/doctor', 'Doctor', ['database', 'worker']],
  ];

  for (const look of looks)
    it(look.name, async () => {
      const page = await site.window(browser, { look });
      await page.goto(site.url('/login'));
      assert.deepEqual(await barriers(page), [], 'login');
      await shot(page, `login ${look.name}`);
      await site.login(page);
      for (const [where, heading, words] of pages()) {
        const answer = await page.goto(site.url(where));
        assert.equal(answer.status(), 200, where);
        const text = await page.textContent('main');
        assert.ok((await page.textContent('h1')).includes(heading), `${where}: ${await page.textContent('h1')}`);
        for (const word of words) assert.ok(text.toLowerCase().includes(word.toLowerCase()), `${where} does not say ${word}: ${text.replaceAll(/\s+/g, ' ').slice(0, 3000)}`);
        assert.doesNotMatch(await page.title(), /owned/, where);
        const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(wide <= 0, `${where} is ${wide} px wider than the ${look.name}`);
        assert.deepEqual(await barriers(page), [], where);
        await shot(page, `${where.replace(/(events|quarantine)\/(\d+)$/, (_, list, n) => `${list} ${Object.keys(ids).filter((k) => (list === 'quarantine') === ['forged', 'unknown'].includes(k)).find((k) => ids[k] === Number(n))}`)} ${look.name}`);
      }
      assert.deepEqual(page.complaints, []);
      const gone = await page.goto(site.url('/nothing'));
      assert.equal(gone.status(), 404);
      assert.deepEqual(await barriers(page), [], 'not found');
      await shot(page, `not found ${look.name}`);
      await page.context().close();
    });

  it('fetches one page, one style and one script', async () => {
    const page = await site.window(browser);
    await site.login(page);
    const asked = [];
    page.on('request', (rq) => asked.push(rq));
    const sizes = [];
    page.on('response', async (r) => sizes.push(r));
    for (const where of ['/events', '/dashboard', '/samples', '/quarantine', '/people']) {
      asked.length = sizes.length = 0;
      await page.goto(site.url(where), { waitUntil: 'networkidle' });
      const kinds = asked.map((rq) => rq.resourceType()).filter((kind) => kind !== 'other' && kind !== 'image');
      assert.ok(kinds.length <= 3, `${where}: ${asked.map((rq) => rq.url())}`);
      let bytes = 0;
      for (const r of sizes) bytes += (await r.body().catch(() => Buffer.alloc(0))).length;
      assert.ok(bytes < 60_000, `${where} weighs ${bytes} bytes`);
    }
    await page.context().close();
  });

  it('nothing of a hostile event runs, on any page it can reach', async () => {
    const page = await site.window(browser);
    await site.login(page);
    for (const where of ['/events', `/events/${ids.hostile}`, `/events/${ids.hostile}?raw=1`, '/quarantine',
      '/quarantine/1', '/quarantine/2', '/search?q=owned', '/events?lane=%3Cscript%3E', '/dashboard', '/audit-log',
      `/search?q=${encodeURIComponent('"><script>document.title="owned"</script>{{me.name}}')}`,
      `/events?type=${encodeURIComponent('"><img src=x onerror=1>{{form_token}}')}`]) {
      await page.goto(site.url(where));
      assert.doesNotMatch(await page.title(), /owned/, where);
      assert.equal(await page.locator('main script, main img, main [onmouseover]').count(), 0, where);
      const text = await page.textContent('body');
      assert.doesNotMatch(text, /[\u202e\u2066\u0007\u001b\u0000]/, `${where}: a control character came through`);
    }
    assert.deepEqual(page.complaints.filter((c) => !/status of 400/.test(c)), []);
    await page.context().close();
  });
});
