import { describe, expect, it } from 'vitest'
import type { SignInProvider, TrustedIssuer } from '../api/types'
import { choicesOf, idOf, redirectOf, scopesFor, timeOf } from './signinwords'

const frontLogout = 'https://signoff.example.com/oauth/logout/front'
const first = { id: 'contoso', redirect: '/oauth/callback' } as SignInProvider

describe('the redirect URI of a provider that is not there yet', () => {
  // The same names as in TestAProvidersAddressIsForeseenByThePages (identity/signin).
  it('makes ids of names as the server does', () => {
    expect(idOf('Contoso', [])).toBe('contoso')
    expect(idOf('Contoso', ['contoso', 'contoso-2'])).toBe('contoso-3')
    expect(idOf('  Größe & Söhne  ', [])).toBe('gr-e-s-hne')
    expect(idOf('!!!', [])).toBe('provider')
    expect(idOf('a123456789 123456789 12345678- more', [])).toBe('a123456789-123456789-12345678')
  })
  it('is the plain one for the first', () => {
    expect(redirectOf({ providers: [], frontLogout }, '')).toBe('https://signoff.example.com/oauth/callback')
  })
  it('has the name at its end for any other, once there is one', () => {
    expect(redirectOf({ providers: [first], frontLogout }, ' ')).toBeUndefined()
    expect(redirectOf({ providers: [first], frontLogout }, 'Partners')).toBe('https://signoff.example.com/oauth/callback/partners')
    expect(redirectOf({ providers: [first], frontLogout }, 'Contoso')).toBe('https://signoff.example.com/oauth/callback/contoso-2')
  })
  it('is the plain one again when the first took another', () => {
    expect(redirectOf({ providers: [{ ...first, redirect: '/identity/token/oauth/2' }], frontLogout }, 'Partners')).toBe('https://signoff.example.com/oauth/callback')
  })
})

const entra = { name: 'contoso', profile: 'entra', audiences: ['a0ca5a00-7e57-4000-8000-000000000003'] } as TrustedIssuer

describe('where the command line gets tokens', () => {
  it('offers what is trusted, and of Entra what takes scopes', () => {
    const known = [
      { issuer: 'contoso', url: 'https://sts.windows.net/t/', version: '1.0' },
      { issuer: 'contoso', url: 'https://login.microsoftonline.com/t/v2.0', version: '2.0' },
      { issuer: 'gone', url: 'https://gone.example' },
    ]
    expect(choicesOf([entra], known).map((one) => one.url)).toEqual(['https://login.microsoftonline.com/t/v2.0'])
  })
  it('proposes the scope of the audience', () => {
    expect(scopesFor(entra)).toBe('api://a0ca5a00-7e57-4000-8000-000000000003/user_impersonation offline_access')
    expect(scopesFor({ ...entra, audiences: [...entra.audiences, 'api://signoff.example/'], scopes: ['Approve'] })).toBe('api://signoff.example/Approve offline_access')
    expect(scopesFor({ profile: 'oidc', audiences: ['signoff'], scopes: ['approve'] })).toBe('openid approve offline_access')
    expect(scopesFor({ ...entra, audiences: ['other'] })).toBe('')
  })
})

describe('claims that are times', () => {
  it('are told as moments', () => {
    expect(timeOf('exp', 1795425600)).toBe('2026-11-23T09:20:00.000Z')
  })
  it('are only those, and only numbers that can be a time', () => {
    expect([timeOf('ver', 2), timeOf('exp', '1795425600'), timeOf('iat', NaN), timeOf('iat', 1e20)]).toEqual([undefined, undefined, undefined, undefined])
  })
})
