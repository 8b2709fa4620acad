import { expect, test } from 'vitest'
import type { TrustedIssuer } from '../api/types'
import { errorsOf, freeName, tidy, whose, withEntry } from './trustentry'

const entry = (name: string, more: Partial<TrustedIssuer> = {}): TrustedIssuer => ({ name, profile: 'entra', audiences: ['a'], newcomers: 'create', ...more })

test('an entry says whose tokens it is about', () => {
  expect(whose(entry('x', { anyTenant: true }), 'all')).toBe('all')
  expect(whose(entry('x', { tenants: ['t1', 't2'] }), 'all')).toBe('t1, t2')
  expect(whose(entry('x', { url: 'https://i' }), 'all')).toBe('https://i')
})

test('mistakes of the entry lose their place, others keep it', () => {
  const errors = [
    { field: 'body.issuers[1].audiences[0]', detail: 'x' },
    { field: 'body.issuers[0].name', detail: 'y' },
  ]
  expect(errorsOf(errors, 1).map((one) => one.field)).toEqual(['audiences[0]', 'body.issuers[0].name'])
})

test('an entry takes the place of the one it was, or the last', () => {
  const all = [entry('a'), entry('b')]
  expect(withEntry(all, entry('c'), undefined).issuers.map((one) => one.name)).toEqual(['a', 'b', 'c'])
  expect(withEntry(all, entry('c'), 'a')).toEqual({ issuers: [entry('c'), entry('b')], place: 0 })
})

test('a new entry gets a name of its own', () => {
  expect(freeName('contoso', [entry('Contoso'), entry('contoso 2')])).toBe('contoso 3')
  expect(freeName('contoso', [])).toBe('contoso')
})

test('what is empty is not sent', () => {
  expect(tidy(entry('a', { audiences: [], guests: undefined, personClaim: '', anyTenant: false, scopes: [], tenants: ['t'] }))).toEqual({
    name: 'a',
    profile: 'entra',
    audiences: [],
    newcomers: 'create',
    tenants: ['t'],
  })
})
