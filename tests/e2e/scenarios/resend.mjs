// What became of mails, and to whom none is to be sent any more.
import { bounced, clicked, mail, other } from '../lib/resend-shapes.mjs';
import { as } from '../lib/scenario.mjs';

const ann = { 'ann@example.com': 'bounce' };

export default [
  {
    name: 'sent, delivered, opened: opened may come first',
    steps: [mail('sent', 0), mail('delivered', 1), mail('opened', 9)], mails: { mail_1: 'opened, 1 opened' },
  },
  {
    name: 'delivered and opened in one moment: the later stage stands',
    steps: [mail('sent', 1), mail('opened', 1), mail('delivered', 1)], mails: { mail_1: 'opened, 1 opened' },
  },
  {
    name: 'opens and clicks are counted, each once per event',
    steps: [mail('delivered', 1), mail('opened', 2), mail('opened', 3), clicked(4), clicked(5), mail('opened', 6)],
    mails: { mail_1: 'opened, 3 opened, 2 clicked' },
  },
  {
    name: 'scheduled, sent late and delayed, then delivered',
    steps: [mail('scheduled', 0), mail('sent', 60), mail('delivery_delayed', 61), mail('delivered', 200)], mails: { mail_1: 'delivered' },
  },
  {
    name: 'a permanent bounce blocks the address',
    steps: [mail('sent', 0), bounced(1, 'Permanent')], mails: { mail_1: 'bounced' }, suppressed: ann,
    history: { 'mail_1 sent 1767225600000000': 1, 'mail_1 bounced 1767225660000000': 'Permanent/NoEmail: no such mailbox' },
  },
  {
    name: 'bounces that are transient or undetermined block nobody',
    steps: [bounced(1, 'Transient'), bounced(1, 'Undetermined', { id: 'mail_2' }), bounced(1, 'Temporary', { id: 'mail_3' })],
    mails: { mail_1: 'bounced', mail_2: 'bounced', mail_3: 'bounced' },
  },
  {
    name: 'a bounce of old payloads does not say what kind it was: nobody is blocked',
    steps: [mail('bounced', 1)], mails: { mail_1: 'bounced' },
  },
  {
    name: 'an open or click after a bounce hides nothing',
    steps: [mail('delivered', 0), bounced(5, 'Permanent'), mail('opened', 9), clicked(10)],
    mails: { mail_1: 'bounced, 1 opened, 1 clicked' }, suppressed: ann,
  },
  {
    name: 'a complaint comes after it was read, and blocks',
    steps: [mail('delivered', 0), mail('opened', 5), mail('complained', 9)],
    mails: { mail_1: 'complained, 1 opened' }, suppressed: { 'ann@example.com': 'complaint' },
  },
  {
    name: 'a complaint of a mail to several blocks each of them, however they are written',
    steps: [mail('complained', 9, { to: ['Ann <Ann@Example.com>', 'bob@example.com', '"C, D" <carl@example.org>'] })],
    mails: { mail_1: 'complained' },
    suppressed: { 'ann@example.com': 'complaint', 'bob@example.com': 'complaint', 'carl@example.org': 'complaint' },
  },
  {
    name: 'what Resend did not send because it knew the address shows as such',
    steps: [mail('suppressed', 1, { suppressed: { type: 'OnAccountSuppressionList', message: 'on the list' } })], mails: { mail_1: 'suppressed' },
  },
  {
    name: 'what failed says why',
    steps: [mail('sent', 0), mail('failed', 1, { failed: { reason: 'reached_daily_quota' } })], mails: { mail_1: 'failed' },
    history: { 'mail_1 sent 1767225600000000': 1, 'mail_1 failed 1767225660000000': 'reached_daily_quota' },
  },
  {
    name: 'times with fractions of any length, with T or a blank, Z, +00 or +00:00',
    steps: [mail('sent', 0, { stamp: '2026-01-01T00:00:00Z' }), mail('delivered', 1, { stamp: '2026-01-01 00:01:00.894719+00' }),
      mail('opened', 2, { stamp: '2026-01-01T00:02:00.894719+00:00' }), clicked(3, { stamp: '2026-01-01T00:02:00.9Z' })],
    mails: { mail_1: 'clicked, 1 opened, 1 clicked' },
  },
  {
    name: 'old payloads: tags as a list, one recipient as text',
    steps: [mail('delivered', 1, { tags: [{ name: 'kind', value: 'news' }], to: 'ann@example.com' }), mail('complained', 2, { to: 'ann@example.com' })],
    mails: { mail_1: 'complained' }, suppressed: { 'ann@example.com': 'complaint' },
  },
  {
    name: 'two mails to one address have lives of their own',
    steps: [mail('delivered', 1), mail('sent', 2, { id: 'mail_2' }), bounced(3, 'Permanent', { id: 'mail_2' })],
    mails: { mail_1: 'delivered', mail_2: 'bounced' }, suppressed: ann,
  },
  {
    name: 'an e-mail without an id fails',
    steps: [as(mail('delivered', 1, { id: null }), 'failed: names no e-mail')],
  },
  {
    name: 'contacts, domains, what came in, and types of the future are kept',
    steps: [['contact.deleted', { id: 'con_1', email: 'ann@example.com', unsubscribed: true }], ['domain.updated', { id: 'dom_1', status: 'verified' }],
      ['contact.topics.updated', { email: 'ann@example.com', topics: [] }], ['suppression.added', { id: 'sup_1', email: 'ann@example.com', origin: 'manual', source_id: null }],
      ['email.received', { email_id: 'mail_2', from: 'ann@example.com', to: ['shop@shop.test'], attachments: [] }]]
      .map(([type, data], i) => as(other(type, i, data), 'skipped: no handler'))
      .concat(as(other('email.teleported', 9, { email_id: 'mail_1' }), 'skipped: unknown event type')),
  },
];
