import { expect, test } from 'vitest'
import type { OAuthType } from '../api/types'
import { fieldsOf, newParameter, typeDraftOf, typeOf } from './oauthtypewords'

const was: OAuthType = {
  name: 'mine',
  title: 'Mine',
  people: true,
  app: false,
  metadata: '{issuer}/metadata',
  refreshDays: 30,
  parameters: [
    { name: 'scope', authorization: '{scopes}', token: '' },
    { name: 'key', secret: true, app: '' },
  ],
}

test('a kind that is opened and saved stays as it is: an empty text is not a missing one', () => {
  const sent = typeOf(typeDraftOf(was))
  expect(sent).toMatchObject(was)
  expect('refresh' in (sent.parameters[0] ?? {})).toBe(false)
  expect('id' in (sent.parameters[0] ?? {})).toBe(false)
})

test('what is no number of days is sent as what the server refuses', () => {
  expect(typeOf({ ...typeDraftOf(was), refreshDays: 'many' }).refreshDays).toBe(-1)
  expect('refreshDays' in typeOf({ ...typeDraftOf(was), refreshDays: '' })).toBe(false)
})

test('every field of a parameter is known by its place', () => {
  const draft = { ...typeDraftOf(was), parameters: [newParameter(7)] }
  expect(fieldsOf(draft)).toContain('parameters[0].device')
  expect(fieldsOf(draft)).not.toContain('parameters[1].name')
})
