import { expect, test } from 'vitest'
import type { OAuthResource } from '../api/types'
import { draftOf, nameFrom, resourceOf } from './oauthwords'

const was: OAuthResource = {
  name: 'm365',
  title: 'Microsoft 365',
  type: 'entra-v2',
  clientId: 'x',
  auth: 'secret',
  hasSecret: true,
  secretExpires: '2027-11-23T00:00:00Z',
  deviceUrl: 'https://login.example.com/device',
  values: { prompt: { authorization: 'consent' } },
  redirect: '/identity/token/oauth/2',
  people: true,
  app: true,
  callback: 'https://x/identity/token/oauth/2',
  saved: { at: '2026-11-23T12:00:00Z' },
}

test('a resource that is opened and saved stays as it is, and its secret is kept', () => {
  const sent = resourceOf(draftOf(was), was)
  expect(sent).toMatchObject({ name: 'm365', secretExpires: '2027-11-23T00:00:00Z', deviceUrl: was.deviceUrl, values: was.values, redirect: was.redirect })
  expect('secret' in sent).toBe(false)
})

test('what belongs to another proof is not sent', () => {
  const sent = resourceOf({ ...draftOf(was), auth: 'certificate', secret: 'typed before', tokenFile: '/x' }, was)
  expect('secret' in sent).toBe(false)
  expect('secretExpires' in sent).toBe(false)
  expect(sent.tokenFile).toBe('')
})

test('a name is made of the title', () => {
  expect(nameFrom('Microsoft 365 (mail)')).toBe('microsoft-365-mail')
  expect(nameFrom('  Ü ')).toBe('')
})
