// Clerk's people, their sessions, and the mails it composes.
import { composed, event, session, user, userDeleted, userUpdated } from '../lib/clerk-shapes.mjs';
import { as, older } from '../lib/scenario.mjs';

const gone = ['users', 'metadata', 'profiles', 'keys', 'ledger'];
const booked = ['credits_granted user_ann', 'credit_balance_updated user_ann'];

export default [
  {
    name: 'a new user has the bonus once and a first key',
    steps: [user(0)], users: { user_ann: 40 }, keys: { user_ann: '1' }, ledger: { user_ann: 'bonus 40' },
    profiles: { user_ann: 'ann@example.com Ann' },
  },
  {
    name: 'an update may overtake the creation: the newest word stays, the bonus comes once',
    steps: [as(user(0), 'handled | skipped: stale'), as(userUpdated(5, 'user_ann', { first_name: 'Anna' }), 'handled | skipped: stale'),
      userUpdated(9, 'user_ann', { first_name: 'Annika' })],
    users: { user_ann: 40 }, profiles: { user_ann: 'ann@example.com Annika' }, keys: { user_ann: '1' },
  },
  {
    name: 'the same word told again changes nothing',
    steps: [user(0), userUpdated(0, 'user_ann')], users: { user_ann: 40 }, profiles: { user_ann: 'ann@example.com Ann' },
  },
  {
    name: 'a late update does not revive a deleted user', depends: gone,
    steps: [as(user(0), 'handled | skipped: deleted | skipped: stale'), userDeleted(5),
      as(userUpdated(4, 'user_ann', { first_name: 'Late' }), 'skipped: deleted | handled | skipped: stale'),
      as(userUpdated(9, 'user_ann', { first_name: 'Later' }), 'skipped: deleted | handled')],
    users: { user_ann: 'deleted' },
  },
  {
    name: 'deleted before ever seen: the creation finds a tombstone', depends: gone,
    steps: [userDeleted(5, 'user_bob'), as(user(0, 'user_bob'), 'skipped: deleted | handled')], users: { user_bob: 'deleted' },
  },
  {
    name: 'keys of a deleted user are revoked',
    steps: [as(user(0), 'handled | skipped: deleted'), userDeleted(5)], depends: gone, users: { user_ann: 'deleted' },
    messages: ['user.created user_ann', ...booked, 'user.deleted user_ann'],
  },
  {
    name: 'the primary address counts, wherever it stands in the list',
    steps: [user(0, 'user_ann', { emails: ['old@example.com', 'ann@example.com'], primary: 'idn_1' })],
    users: { user_ann: 40 }, profiles: { user_ann: 'ann@example.com Ann' },
  },
  {
    name: 'another primary address is an update, an older word does not bring the old one back',
    steps: [as(user(0, 'user_ann', { emails: ['old@example.com'] }), 'handled | skipped: stale'),
      userUpdated(8, 'user_ann', { emails: ['old@example.com', 'new@example.com'], primary: 'idn_1' }),
      as(userUpdated(4, 'user_ann', { emails: ['old@example.com', 'new@example.com'] }), 'skipped: stale | handled')],
    users: { user_ann: 40 }, profiles: { user_ann: 'new@example.com Ann' },
  },
  {
    name: 'people with a phone number or a name only have no address',
    steps: [user(0, 'user_ann', { emails: [], phone_numbers: [{ id: 'idn_9', phone_number: '+15555550100' }], primary_phone_number_id: 'idn_9' }),
      user(0, 'user_bob', { emails: ['bob@example.com'], primary: null, username: 'bob', first_name: null })],
    users: { user_ann: 40, user_bob: 40 }, profiles: { user_ann: 'Ann', user_bob: 'bob' },
  },
  {
    name: 'external_id is the site\'s, whatever it looks like',
    steps: [user(0, 'user_ann', { external_id: '4711' }), user(0, 'user_bob', { external_id: 'uuid_bob' })],
    users: { user_ann: 40, user_bob: 40 },
  },
  {
    name: 'two users with one address are two users',
    steps: [user(0, 'user_ann', { emails: ['same@example.com'] }), user(0, 'user_bob', { emails: ['same@example.com'] })],
    users: { user_ann: 40, user_bob: 40 },
  },
  {
    name: 'what the browser wrote (unsafe_metadata) is not kept as the site\'s word',
    steps: [user(0, 'user_ann', { unsafe_metadata: { admin: true }, public_metadata: {} })], users: { user_ann: 40 },
    metadata: { user_ann: '{}' },
  },
  {
    name: 'times of ten digits are seconds',
    steps: [user(0, 'user_ann', { updated_at: 1767225600 }, { stamp: 1767225600 }),
      userUpdated(5, 'user_ann', { first_name: 'Anna' })].map((e, i) => as(e, i ? 'handled' : 'handled | skipped: stale')),
    users: { user_ann: 40 }, profiles: { user_ann: 'ann@example.com Anna' },
  },
  {
    name: 'a user without an id is nobody: it fails',
    steps: [as(event('user.created', 0, { object: 'user' }), 'failed: names no user'),
      as(event('user.deleted', 0, { object: 'user', deleted: true }), 'failed: names no user')],
    users: {},
  },
  {
    name: 'only the instances that are ours count', settings: { clerk: { instances: 'ins_ours ins_second' } },
    steps: [user(0), user(0, 'user_bob', {}, { instance: 'ins_second' }),
      as(user(0, 'user_eve', {}, { instance: 'ins_strange' }), 'ignored: its instance')],
    users: { user_ann: 40, user_bob: 40 },
  },
  {
    name: 'types that Clerk does not have are refused, and spellings it has used are not',
    steps: [user(0), as(event('user.signedIn', 1, { id: 'user_ann' }), 'answered 400'),
      as(event('emails.created', 1, { id: 'ema_1' }), 'answered 400'),
      as(event('waitlistEntry.created', 2, { id: 'wl_1', email_address: 'ann@example.com', status: 'pending' }), 'skipped: no handler'),
      as(event('role.deleted', 3, { id: 'role_1', object: 'role', deleted: true }), 'skipped: no handler')],
    users: { user_ann: 40 },
  },
  {
    name: 'a session may come before its user, and its end before its beginning',
    steps: [as(session('created', 1), 'handled | skipped: stale'), session('ended', 9), user(0)],
    users: { user_ann: 40 }, sessions: { sess_1: 'ended of user_ann' },
  },
  {
    name: 'sessions removed and revoked, pending, and with the user as an object only',
    steps: [session('removed', 1), session('revoked', 2, { id: 'sess_2' }), session('pending', 3, { id: 'sess_3' }),
      session('created', 4, { id: 'sess_4', user_id: undefined, user: { id: 'user_ann' } })],
    users: {},
    sessions: { sess_1: 'removed of user_ann', sess_2: 'revoked of user_ann', sess_3: 'pending of user_ann', sess_4: 'active of user_ann' },
  },
  {
    name: 'mails that Clerk delivers are not ours, and those it leaves to us are said not to be sent',
    steps: [as(composed('email.created', 1, true), 'skipped: Clerk delivers'), as(composed('email.created', 2, false), 'skipped: not sent'),
      as(composed('sms.created', 3, true), 'skipped: Clerk delivers'), as(composed('sms.created', 4), 'skipped: not sent')],
    users: {},
  },
];
