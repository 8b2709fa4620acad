import { expect, test } from 'vitest'
import type { Directory, SignInProvider, TrustedIssuer } from '../../api/types'
import { systemsOf } from './systems'

test('each system is offered once, as links name it', () => {
  const issuers = [{ name: 'contoso', tenants: ['AAA', 'bbb'] }, { name: 'okta', url: 'https://okta.test/' }] as TrustedIssuer[]
  const providers = [
    { name: 'Microsoft', tenant: 'aaa', issuer: 'https://login.test/aaa/v2.0' },
    { name: 'Okta', issuer: 'https://okta.test/' },
  ] as SignInProvider[]
  const directories = [
    { name: 'firm', type: 'ldap', ldap: {} },
    { name: 'cloud', type: 'graph', graph: { tenant: 'CCC' } },
    { name: 'push', type: 'scim', scim: { tenant: 'aaa' } },
  ] as unknown as Directory[]
  expect(systemsOf(issuers, providers, directories)).toEqual([
    { id: 'entra:aaa', label: 'contoso, Microsoft, push (entra:aaa)' },
    { id: 'entra:bbb', label: 'contoso (entra:bbb)' },
    { id: 'oidc:https://okta.test/', label: 'okta, Okta (oidc:https://okta.test/)' },
    { id: 'ldap:firm', label: 'firm (ldap:firm)' },
    { id: 'entra:ccc', label: 'cloud (entra:ccc)' },
    { id: 'scim:push', label: 'push (scim:push)' },
  ])
})

test('nothing is offered where nothing is known', () => {
  expect(systemsOf([{ name: 'any', anyTenant: true }] as TrustedIssuer[], [], [])).toEqual([])
})
