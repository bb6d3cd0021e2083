// Resend's events, as its documents give them.  Times are minutes after EPOCH.
import { at } from './stripe-shapes.mjs';

const iso = (t) => new Date(at(t) * 1000).toISOString();

export function mail(what, t, { id = 'mail_1', to = ['ann@example.com'], stamp = iso(t), ...more } = {}) {
  const type = `email.${what}`;
  return {
    provider: 'resend', type,
    body: {
      created_at: stamp,
      data: { created_at: iso(0), email_id: id, from: 'Shop <shop@shop.test>', subject: 'Hello', to, tags: { kind: 'news' }, ...more },
      type,
    },
  };
}
export const bounced = (t, type, more) => mail('bounced', t, {
  bounce: { type, subType: type === 'Permanent' ? 'NoEmail' : 'MailboxFull', message: 'no such mailbox' }, ...more,
});
export const clicked = (t, more) => mail('clicked', t, {
  click: { link: 'https://shop.test/news', ipAddress: '192.0.2.1', timestamp: iso(t), userAgent: 'Mozilla/5.0' }, ...more,
});
export const other = (type, t, data) => ({ provider: 'resend', type, body: { created_at: iso(t), data, type } });
