import { describe, expect, it } from 'vitest'
import { directoryWords } from '../text/directories'
import { sortFields } from '../api/problem'
import type { DirectoryRun } from '../api/types'
import { errorsAt, fresh, freshOf, keepsPassword, keepsSecret, shownFields, tidy, withDirectory, type Ldap } from './directorieswords'

const contoso = { ...fresh, name: 'contoso', ldap: { ...fresh.ldap, servers: ['dc1'], bind: 'us', hasPassword: true } as Ldap }

describe('a directory that is saved', () => {
  it('sends a password only when one was typed', () => {
    expect(tidy({ ...contoso, ldap: { ...contoso.ldap, password: '' } }).ldap).not.toHaveProperty('password')
    expect(tidy({ ...contoso, ldap: { ...contoso.ldap, password: 'x' } }).ldap?.password).toBe('x')
    expect(tidy(contoso).ldap).not.toHaveProperty('hasPassword')
  })
  it('replaces the one it was, and is added when it was none', () => {
    expect(withDirectory([contoso], { ...contoso, name: 'other' }, 'contoso').all.map((one) => one.name)).toEqual(['other'])
    expect(withDirectory([contoso], { ...contoso, name: 'other' }, '')).toMatchObject({ place: 1 })
  })
  it('keeps its password only for the same server and account', () => {
    expect(keepsPassword(contoso, { ...contoso, mostPercent: 50 })).toBe(true)
    expect(keepsPassword(contoso, { ...contoso, ldap: { ...contoso.ldap, servers: ['evil'] } })).toBe(false)
    expect(keepsPassword(fresh, fresh)).toBe(false)
  })
})

describe('words', () => {
  it('are shown at the field they are about', () => {
    expect(errorsAt([{ field: 'body.directories[1].ldap.base' }, { field: 'body.directories[1].name' }, { field: 'body.directories[0].name' }, { field: 'x' }], 1).map((one) => one.field)).toEqual(['base', 'name', 'body.directories[0].name', 'x'])
    expect(errorsAt([{ field: 'body.directory.ldap.servers[0]' }, { field: 'body.directories[0].everyMinutes' }], 0).map((one) => one.field)).toEqual(['servers[0]', 'every'])
  })
  it('are shown above the form when it has no such field', () => {
    const errors = errorsAt([{ field: 'body.directories[0].name', detail: 'a name' }, { field: 'body.directories[0].ldap.groupsFilter', detail: 'no filter' }], 0)
    expect(sortFields(errors, shownFields(fresh, true)).rest).toEqual([])
    const hidden = { ...contoso, ldap: { ...contoso.ldap, noGroups: true } }
    expect(sortFields(errors, shownFields(hidden, false)).at.size).toBe(0)
    expect(shownFields(freshOf('scim'), true)).not.toContain('every')
  })
  it('leave out what a sync did not do', () => {
    const run = { made: 1, linked: 0, changed: 2000, disabled: 0, enabled: 0, groupsMade: 0, groupsChanged: 0, groupsGone: 0, members: 0 } as DirectoryRun
    expect(directoryWords.did(run)).toBe('1 person made, 2,000 people changed')
    expect(directoryWords.did({ ...run, made: 0, changed: 0 })).toBe('nothing')
    expect(directoryWords.did({ ...run, made: 0, changed: 0, groupsMade: 2, groupsChanged: 1, groupsGone: 3 })).toBe('2 groups made, 1 group renamed or described otherwise, 3 groups gone')
  })
  it('say of a preview that nothing is done', () => {
    const run = { made: 1, preview: true, state: 'done' } as DirectoryRun
    expect(directoryWords.outcome(run)).toBe('It would be: 1 person made.')
    expect(directoryWords.outcome({ ...run, preview: false })).toBe('1 person made.')
    expect(Object.values(directoryWords.previews)).not.toContain('Done')
  })
})

describe('a directory of Entra ID', () => {
  const graph = { tenant: 'T', clientId: 'c', hasSecret: true }
  const entra = { ...freshOf('graph'), name: 'entra', graph }
  it('is one thing only, and so is one that writes here', () => {
    expect(freshOf('graph')).not.toHaveProperty('ldap')
    expect(freshOf('scim')).toMatchObject({ type: 'scim', everyMinutes: 0, scim: {} })
    expect(freshOf('scim')).not.toHaveProperty('ldap')
    expect(freshOf('ldap')).toEqual(fresh)
  })
  it('sends a secret only when one was typed', () => {
    expect(tidy({ ...entra, graph: { ...graph, secret: '' } }).graph).toEqual({ tenant: 'T', clientId: 'c' })
    expect(tidy({ ...entra, graph: { ...graph, secret: 'x' } }).graph?.secret).toBe('x')
  })
  it('keeps its secret for the same application only', () => {
    expect(keepsSecret(entra, { ...entra, graph: { ...graph, tenant: 't' } })).toBe(true)
    expect(keepsSecret(entra, { ...entra, graph: { ...graph, clientId: 'd' } })).toBe(false)
    expect(keepsSecret(entra, { ...entra, graph: { ...graph, authority: 'https://x' } })).toBe(false)
  })
  it('shows mistakes at their field', () => {
    expect(errorsAt([{ field: 'body.directories[0].graph.groups' }, { field: 'body.directories[0].scim.tenant' }], 0)).toEqual([{ field: 'chosen' }, { field: 'tenant' }])
  })
})
