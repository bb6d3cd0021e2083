// What the pages about what goes out have to show: endpoints that work, fail, answer
// hostile things and are paused; messages of a user; types of the site's own.  All of
// it made by the pages' own forms and by a receiver on this machine.
import { randomBytes } from 'node:crypto';
import { until } from '../../e2e/lib/home.mjs';
import { clerkUser, send } from '../../e2e/lib/senders.mjs';
import { Sink } from '../../e2e/lib/sink.mjs';
import { hostile } from './story.mjs';

export const hostileText = hostile.replaceAll('\u0000', '');
export const outgoing = () => ({ hookkeeper: { key: randomBytes(32).toString('base64') }, outbox: { allow_private: '127.0.0.0/8' } });

// Answers that no page should believe.
const own = (rq, answer) => {
  if (rq.url.startsWith('/hostile')) {
    answer.writeHead(400, 'No <b>way</b>', { 'content-type': 'text/html', 'x-evil': '<script>document.title="owned"</script>{{me.name}}' });
    answer.end(hostile);
  } else if (rq.url.startsWith('/bytes')) {
    answer.writeHead(500);
    answer.end(Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256)));
  } else return false;
  return true;
};

export class Out {
  static async open(site) {
    const out = new Out();
    out.site = site;
    out.sink = await Sink.open({ own });
    out.jar = await site.session('operator');
    return out;
  }

  async post(where, fields = {}, status = 303) {
    const { jar, site } = this;
    const answer = await jar.post(site.url(where), { form_token: jar.token, ...fields });
    if (answer.status !== status) throw new Error(`${where}: ${answer.status} ${(await answer.text()).replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ').slice(0, 800)}`);
    return answer.headers.get('location')?.replace(/^.*\/admin/, '').replace(/\?.*/, '');
  }

  async endpoint(path, fields = {}) {
    const where = await this.post('/endpoints', { url: this.sink.url(path), types: '*', payload: 'full', ...fields });
    return Number(where.split('/').at(-1));
  }

  // A user comes, and what that causes is told.
  async user() {
    const { home, web } = this.site, { user, body } = clerkUser();
    const answer = await send(web.url('/webhooks/clerk'), 'clerk', home.secret.clerk, body);
    if (answer.status !== 200) throw new Error(answer.text);
    await home.settled();
    return { clerk: user, event: answer.json.id, id: home.one(`SELECT id FROM site_user WHERE clerk_id = '${user}'`) };
  }

  async quiet() {
    const { home } = this.site;
    await until('everything is handed out and tried once', () =>
      home.one('SELECT message = (SELECT MAX(id) FROM message) FROM fanout') === 1 &&
      home.one("SELECT count(*) FROM delivery WHERE (status = 'pending' AND attempts = 0 AND due_at IS NOT NULL) OR status = 'sending'") === 0, 20000);
  }

  close() {
    return this.sink.close();
  }
}

export async function tellOut(site) {
  const out = await Out.open(site), { home } = site, ids = { out };
  await out.post('/event-types/edit', { name: 'order.shipped', about: 'An order has left the house.', sample: '{"order": 12, "by": "bike"}', schema: '{"type": "object", "required": ["order"], "properties": {"order": {"type": "integer"}}}' });
  await out.post('/event-types/edit', { name: 'order.hostile', about: hostileText.slice(0, 200), sample: JSON.stringify({ [hostileText]: hostileText }) });
  ids.good = await out.endpoint('/200/shop', { description: 'The shop’s back office', types: 'user.* credits_granted credit_balance_updated order.*' });
  ids.failing = await out.endpoint('/503/crm', { description: 'Customer relations', headers: 'Authorization: Bearer abc\nX-Shop: blue', rate: '50' });
  ids.hostile = await out.endpoint(`/hostile?${encodeURIComponent(hostileText).replaceAll("'", '%27').slice(0, 900)}`, { description: hostileText.slice(0, 300) });
  ids.bytes = await out.endpoint('/bytes', { types: 'user.created', filter: '{"all":[{"path":"email","exists":true}]}' });
  const first = await out.user();
  ids.user = first.id;
  ids.event = first.event;
  ids.thin = await out.endpoint('/200/thin', { payload: 'thin', ordered: '1', owner: first.id });
  ids.paused = await out.endpoint('/200/paused', { description: 'Moves to a new machine' });
  ids.disabled = await out.endpoint('/410/gone', { types: 'user.created' });
  await out.post(`/endpoints/${ids.paused}/state`, { act: 'pause', why: 'the machine moves' });
  await out.user();
  await out.quiet();	// what is tried by hand comes behind what happened
  await out.post(`/endpoints/${ids.good}/test`, { type: 'order.shipped' });
  await out.post(`/endpoints/${ids.good}/test`, { type: 'stripe.invoice.paid' });
  await out.post(`/endpoints/${ids.hostile}/test`, { type: 'order.hostile' });
  await out.quiet();
  const delivery = (endpoint, more = '') => home.one(`SELECT MAX(id) FROM delivery WHERE endpoint = ${endpoint} ${more}`);
  ids.delivered = delivery(ids.good);
  ids.retried = delivery(ids.failing);
  ids.answered = delivery(ids.hostile);
  ids.binary = delivery(ids.bytes);
  ids.held = delivery(ids.paused, "AND status = 'held'");
  ids.message = home.one(`SELECT MIN(id) FROM message WHERE type = 'user.created'`);
  ids.trial = home.one(`SELECT MAX(id) FROM message WHERE type = 'order.hostile'`);
  return ids;
}
