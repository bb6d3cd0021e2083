// Organizations and who belongs to them.
import { event, membership, organization, user } from '../lib/clerk-shapes.mjs';
import { as, older } from '../lib/scenario.mjs';

const dead = 'handled | skipped: deleted';

export default [
  {
    name: 'created, renamed; an older word does not bring the old name back',
    steps: [older(organization('created', 0)), organization('updated', 9, { name: 'Acme Ltd' }), as(organization('updated', 5), 'skipped: stored as of | handled')],
    users: {}, organizations: { org_acme: 'Acme Ltd' },
  },
  {
    name: 'deleted is a stub, and no late update revives it', depends: ['organizations'],
    steps: [as(organization('created', 0), `${dead} | skipped: stored as of`), organization('deleted', 5),
      as(organization('updated', 4), `skipped: deleted | ${dead} | skipped: stored as of`), as(organization('updated', 9), `skipped: deleted | ${dead}`)],
    users: {}, organizations: { org_acme: 'deleted' },
  },
  {
    name: 'deleted before ever seen', depends: ['organizations'],
    steps: [organization('deleted', 5), as(organization('created', 0), 'skipped: deleted | handled')], users: {}, organizations: { org_acme: 'deleted' },
  },
  {
    name: 'a member before the organization and the user, with another role later',
    steps: [older(membership('created', 5)), membership('updated', 9, { role: 'org:admin' }), organization('created', 0), user(0)],
    users: { user_ann: 40 }, organizations: { org_acme: 'Acme' }, members: { orgmem_1: 'user_ann org:admin of org_acme' },
  },
  {
    name: 'a membership that ends carries all of it, and is over',
    steps: [as(membership('created', 5), 'handled | skipped'), membership('deleted', 9), as(membership('updated', 8), 'skipped | handled')],
    users: {}, members: { orgmem_1: 'deleted' },
  },
  {
    name: 'who comes back has another membership',
    steps: [as(membership('created', 5), 'handled | skipped'), membership('deleted', 9), membership('created', 20, { id: 'orgmem_2' })],
    users: {}, members: { orgmem_1: 'deleted', orgmem_2: 'user_ann org:member of org_acme' },
  },
  {
    name: 'invitations, domains and permissions are kept, and change nothing',
    steps: [['organizationInvitation.accepted', { id: 'orginv_1', user_id: 'user_ann', organization_id: 'org_acme' }],
      ['organizationDomain.deleted', { id: 'orgdmn_1', deleted: true }], ['permission.created', { id: 'perm_1' }]]
      .map(([type, data], i) => as(event(type, i, data), 'skipped: no handler')),
    users: {}, organizations: {},
  },
];
