import { describe, expect, it } from 'vitest'
import { t } from '../text/en'
import type { DirectoryRun } from '../api/types'
import { errorsAt, fresh, freshOf, keepsPassword, keepsSecret, tidy, withDirectory, type Ldap } from './directorieswords'

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
    expect(errorsAt([{ field: 'directories[1].ldap.base' }, { field: 'directories[1].name' }, { field: 'x' }], 1).map((one) => one.field)).toEqual(['base', 'name', 'x'])
  })
  it('leave out what a sync did not do', () => {
    const run = { made: 1, linked: 0, changed: 2000, disabled: 0, enabled: 0, groupsMade: 0, groupsChanged: 0, groupsGone: 0, members: 0 } as DirectoryRun
    expect(t.directories.did(run)).toBe('1 person made, 2,000 people changed')
    expect(t.directories.did({ ...run, made: 0, changed: 0 })).toBe('nothing')
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
    expect(errorsAt([{ field: 'directories[0].graph.groups' }, { field: 'directories[0].scim.tenant' }], 0)).toEqual([{ field: 'chosen' }, { field: 'tenant' }])
  })
})
