import { describe, expect, it } from 'vitest'
import { t } from '../text/en'
import type { DirectoryRun } from '../api/types'
import { errorsAt, fresh, keepsPassword, tidy, valuesOf, withDirectory, type Ldap } from './directorieswords'

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
    const run = { made: 1, linked: 0, changed: 2000, disabled: 0, enabled: 0, teams: 0, members: 0 } as DirectoryRun
    expect(t.directories.did(run)).toBe('1 person made, 2,000 people changed')
    expect(t.directories.did({ ...run, made: 0, changed: 0 })).toBe('nothing')
  })
  it('are one value a line', () => {
    expect(valuesOf(' a \n\n b')).toEqual(['a', 'b'])
  })
})
