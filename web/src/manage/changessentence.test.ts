import { describe, expect, it } from 'vitest'
import type { Change } from '../api/types'
import { mentionedIn, namesIn, sentenceOf } from './changessentence'

const people: Record<string, string> = { 'user:1': 'Ana', 'user:2': 'Jane', 'group:3': 'Finance' }

const say = (change: Partial<Change>) =>
  sentenceOf({ id: 1, at: '', how: 'session', what: '', by: { id: 'user:1', name: 'Ana' }, ...change } as Change, change.by?.name ?? 'Ana', (who) => people[who])

const grant = (who: string, right: string) => ({ who, right })

describe('a change is one line', () => {
  it.each<[string, Partial<Change>]>([
    ['Ana let Jane administer category Finance', { what: 'right', subject: 'category:Finance', before: [], after: [grant('user:2', 'administer')] }],
    ['Ana let Finance start requests in workflow leave and see all requests in workflow leave', { what: 'right', subject: 'workflow:leave', before: [], after: [grant('group:3', 'start'), grant('group:3', 'view')] }],
    ['Ana let Finance deploy new workflows and no longer lets Jane act for others', { what: 'right', subject: 'server', before: [grant('user:2', 'impersonate')], after: [grant('group:3', 'deploy')] }],
    ['Ana let somebody “fly” on the server', { what: 'right', subject: 'server', after: [grant('user:9', 'fly')] }],
    ['Ana made an account for Jane', { what: 'user', subject: 'user:2', after: { login: 'jane', name: 'Jane' } }],
    ['Ana made an account for the application Reports', { what: 'user', subject: 'user:7', called: 'Reports', after: { login: 'app-reports', application: true } }],
    ['Ana switched off Jane, made Jane no administrator any more, and changed the name and the mail addresses of Jane', { what: 'user', subject: 'user:2', before: { name: 'J', addresses: [], admin: true }, after: { name: 'Jane', addresses: ['jane@contoso.test'], disabled: true } }],
    ['Ana switched Jane on again', { what: 'user', subject: 'user:2', before: { disabled: true }, after: {} }],
    ['Ana made the role Approvers', { what: 'group', subject: 'group:9', after: { name: 'Approvers', role: true } }],
    ['Ana deleted the group Board', { what: 'group', subject: 'group:9', before: { name: 'Board' } }],
    ['Ana renamed the group Bord to Board', { what: 'group', subject: 'group:9', before: { name: 'Bord' }, after: { name: 'Board' } }],
    ['Ana changed the description of Finance', { what: 'group', subject: 'group:3', before: { about: 'x' }, after: { about: 'y' } }],
    ['Ana put Jane into Finance', { what: 'member', subject: 'group:3', after: { member: 'user:2' } }],
    ['The directory contoso took Jane out of Finance', { what: 'member', subject: 'group:3', by: { id: 'directory:contoso', name: 'the directory contoso' }, before: { member: 'user:2' } }],
    ['Ana made the access token “Report”', { what: 'token', subject: 'user:1', after: { name: 'Report' } }],
    ['Ana ended the access token “Report” of Jane', { what: 'token', subject: 'user:2', before: { name: 'Report' } }],
    ['Ana ended the access token “Report” of somebody', { what: 'token', subject: 'user:8', before: { name: 'Report' } }],
    ['Ana made a SCIM token for okta', { what: 'scim-token', subject: 'okta', after: {} }],
    ['Ana changed their own password', { what: 'password', subject: 'user:1', after: { password: '(another)' } }],
    ['Ana gave Jane another password', { what: 'password', subject: 'user:2', after: { password: '(another)' } }],
    ['Ana signed Jane out', { what: 'sessions', subject: 'user:2', before: { sessions: 2 } }],
    ['The server itself let Ana in again: new password', { what: 'recovery', subject: 'user:1', by: { id: '', name: 'signoff' }, after: { made: 'new password' } }],
    ['Ana linked Jane with jane@contoso.test in entra:t', { what: 'identity-link', subject: 'user:2', after: { source: 'entra:t', called: 'jane@contoso.test' } }],
    ['Ana unlinked Finance from Payers in entra:t', { what: 'group-link', subject: 'group:3', before: { source: 'entra:t', called: 'Payers' } }],
    ['Ana made version 1 of leave the one that new requests get', { what: 'default-version', subject: 'leave', before: { version: 2 }, after: { version: 1 } }],
    ['Ana ordered 3 requests of leave to go on with version 2 after version 1: better', { what: 'order', subject: '7', after: { kind: 'migrate', key: 'leave', count: 3, from: 1, to: 2, reason: 'better' } }],
    ['Ana ordered one request of order 7 to go back to the version they came from: worse', { what: 'order', subject: '8', after: { kind: 'return', key: 'leave', count: 1, undoes: 7, reason: 'worse' } }],
    ['Ana ordered 2 failed steps to be tried again', { what: 'order', subject: '9', after: { kind: 'retry', count: 2 } }],
    ['Ana stopped order 9', { what: 'order', subject: '9', before: { kind: 'retry', count: 2, left: 1 } }],
    ['Ana refused to let eve@evil.test in', { what: 'newcomer-refused', subject: 'eve@evil.test', after: {} }],
    ['The directory contoso did more than stands here one by one: 40 people made and 2 groups gone', { what: 'directory-sync', subject: 'contoso', by: { id: 'directory:contoso', name: 'the directory contoso' }, before: {}, after: { 'people made': 40, 'groups gone': 2 } }],
    ['Ana added b to the trusted issuers and removed a from the trusted issuers', { what: 'trust', before: { issuers: [{ name: 'a' }] }, after: { issuers: [{ name: 'b' }] } }],
    ['Ana changed Contoso of the sign-in', { what: 'signin', before: { providers: [{ name: 'Contoso', id: 'c' }] }, after: { providers: [{ name: 'Contoso', id: 'd' }] } }],
    ['Ana changed the APIs', { what: 'apis', before: { rest: { on: true } }, after: { rest: { on: false } } }],
    ['Ana changed weather here', { what: 'weather', subject: 'here', before: 1, after: 2 }],
    ['Ana changed right workflow:leave', { what: 'right', subject: 'workflow:leave', before: [], after: [] }],
  ])('%s', (want, change) => expect(say(change)).toBe(want))

  it('does not grow without bound', () => {
    const many = Array.from({ length: 40 }, (_, i) => grant(`user:${i + 10}`, 'start'))
    expect(say({ what: 'right', subject: 'workflow:leave', before: [], after: many })).toMatch(/and 36 more$/)
  })

  it('tells whose names it needs', () => {
    expect(mentionedIn({ subject: 'group:3', before: [grant('user:2', 'start')], after: { member: 'user:2', note: 'user:x' } } as unknown as Change)).toEqual(['user:2', 'group:3'])
  })

  it('finds names in the list itself, of a group that is gone, too', () => {
    const by = { id: 'user:1', name: 'Ana' }
    const list = [
      { by, what: 'member', subject: 'group:9', before: { member: 'user:2' } },
      { by, what: 'group', subject: 'group:9', before: { name: 'Board' } },
      { by: { id: '', name: 'signoff' }, what: 'trust', subject: 'trust', after: { name: 'x' } },
      { by, what: 'token', subject: 'user:4', after: { name: 'Report' } },
      { by, what: 'user', subject: 'user:2', called: 'Jane', after: { name: 'J' } },
    ] as Change[]
    expect([...namesIn(list)]).toEqual([['user:1', 'Ana'], ['group:9', 'Board'], ['user:2', 'Jane']])
  })
})
