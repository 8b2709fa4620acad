/** Sentences of the Changes page: who did what, in a line. */

const all = new Intl.ListFormat('en', { type: 'conjunction' })

/** Ana let Jane start requests, and 3 more. */
const several = (parts: readonly string[], most = 3) => all.format(parts.length > most ? [...parts.slice(0, most), `${parts.length - most} more`] : parts)

const fields: Record<string, string> = { login: 'the login', name: 'the name', addresses: 'the mail addresses', email: 'the mail address', manager: 'the manager', source: 'the directory', about: 'the description' }

const requests = (n: number) => (n === 1 ? 'one request' : `${n.toLocaleString('en')} requests`)
const steps = (n: number) => (n === 1 ? 'one failed step' : `${n.toLocaleString('en')} failed steps`)
const of = (workflow: string) => (workflow ? ` of ${workflow}` : '')

export const changesWords = {
  itself: 'The server itself',
  somebody: 'somebody',
  several,
  right: {
    server: { administer: 'administer the server', deploy: 'deploy new workflows', impersonate: 'act for others' } as Record<string, string>,
    of: { start: 'start requests in', 'view-own': 'know of', view: 'see all requests in', finish: 'finish waiting steps in', administer: 'administer' } as Record<string, string>,
    other: (right: string) => `“${right}” on`,
    everywhere: 'the server',
    workflow: (name: string) => `workflow ${name}`,
    category: (name: string) => `category ${name}`,
    gave: (to: string, deeds: readonly string[]) => `let ${to} ${several(deeds)}`,
    took: (from: string, deeds: readonly string[]) => `no longer lets ${from} ${several(deeds)}`,
  },
  account: {
    made: (name: string) => `made an account for ${name}`,
    application: (name: string) => `made an account for the application ${name}`,
    gone: (name: string) => `removed the account of ${name}`,
    off: (name: string) => `switched off ${name}`,
    on: (name: string) => `switched ${name} on again`,
    admin: (name: string) => `made ${name} an administrator`,
    noAdmin: (name: string) => `made ${name} no administrator any more`,
    field: (key: string) => fields[key] ?? `“${key}”`,
    changed: (what: readonly string[], name: string) => `changed ${several(what)} of ${name}`,
  },
  group: { made: 'made the', gone: 'deleted the', group: 'group', role: 'role', renamed: (kind: string, was: string, is: string) => `renamed the ${kind} ${was} to ${is}` },
  member: { put: (who: string, into: string) => `put ${who} into ${into}`, took: (who: string, out: string) => `took ${who} out of ${out}` },
  token: {
    made: (name: string, of: string) => `made the access token “${name}”${of && ` of ${of}`}`,
    ended: (name: string, of: string) => `ended the access token “${name}”${of && ` of ${of}`}`,
    madeScim: (client: string) => `made a SCIM token for ${client}`,
    endedScim: (client: string) => `ended a SCIM token of ${client}`,
  },
  defaultVersion: (workflow: string, n: string) => `made version ${n} of ${workflow} the one that new requests get`,
  order: {
    migrate: (n: number, workflow: string, from: string, to: string) => `ordered ${requests(n)} of ${workflow} to go on with version ${to}${from && ` after version ${from}`}`,
    undo: (order: string, n: number) => `ordered ${requests(n)} of order ${order} to go back to the version they came from`,
    of: {
      retry: (n: number, workflow: string) => `ordered ${steps(n)}${of(workflow)} to be tried again`,
      skip: (n: number, workflow: string) => `ordered ${steps(n)}${of(workflow)} to be skipped`,
      cancel: (n: number, workflow: string) => `ordered the requests of ${steps(n)}${of(workflow)} to be cancelled`,
    } as Record<string, (n: number, workflow: string) => string>,
    other: (n: number, workflow: string) => `gave an order for ${requests(n)}${of(workflow)}`,
    stopped: (order: string) => `stopped order ${order}`,
    because: (reason: string) => (reason ? `: ${reason}` : ''),
  },
  password: (name: string) => `gave ${name} another password`,
  ownPassword: 'changed their own password',
  sessions: (name: string) => `signed ${name} out`,
  recovery: (name: string, made: string) => `let ${name} in again${made && `: ${made}`}`,
  link: { made: (who: string, there: string) => `linked ${who} with ${there}`, gone: (who: string, there: string) => `unlinked ${who} from ${there}` },
  there: (called: string, source: string) => (called && source ? `${called} in ${source}` : called || source),
  refused: (name: string) => `refused to let ${name} in`,
  sync: (counts: readonly string[]) => `did more than stands here one by one: ${all.format(counts)}`,
  setting: {
    of: { trust: 'the trusted issuers', signin: 'the sign-in', apis: 'the APIs', directories: 'the directories' } as Record<string, string>,
    added: (names: readonly string[], to: string) => `added ${several(names)} to ${to}`,
    removed: (names: readonly string[], from: string) => `removed ${several(names)} from ${from}`,
    changed: (names: readonly string[], of: string) => `changed ${several(names)} of ${of}`,
    set: (what: string) => `changed ${what}`,
  },
  other: { made: 'made', gone: 'removed', changed: 'changed' },
}
