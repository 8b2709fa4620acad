import { expect, test } from 'vitest'
import { called, hue, initials, isApplication, namesInWords, calledFor } from './person'

test.each([
  ['Jane Doe', 'JD'],
  ['Ana', 'A'],
  ['Marie Anne de la Tour', 'MT'],
  ['Zoë Ångström', 'ZÅ'],
  ['workflow@contoso.test', 'W'],
  ['jane.doe', 'JD'],
  ['Bob (Finance)', 'B'],
  ['李 小龙', '李小'],
  ['😀 Smith', 'S'],
  ['', '?'],
])('%s has the initials %s', (name, want) => expect(initials(name).slice(0, 2)).toBe(want))

test('a person keeps one hue, and ten people do not share one', () => {
  expect(hue('user:7', 8)).toBe(hue('user:7', 8))
  expect(new Set(Array.from({ length: 10 }, (_, i) => hue(`user:${i}`, 8))).size).toBeGreaterThan(4)
})

test('a missing name falls back to what there is', () => {
  expect(called({ name: '', login: 'ana' })).toBe('ana')
  expect(called({ name: '' })).toBe('?')
})

const id = '4f9f6c1e-1111-4000-8000-0123456789ab'

test.each([
  ['said to be one', { name: 'Reports', login: 'reports', app: true }, true],
  ['said to be none', { name: 'Ana', login: `app-${id}`, app: false }, false],
  ['the login of a client id', { name: 'Monthly report', login: `app-${id}` }, true],
  ['a name as given by the server', { name: 'Application reporting', login: 'app-reporting' }, true],
  ['a person whose login begins so', { name: 'App Smith', login: 'app-smith' }, false],
  ['a person', { name: 'Application Ana', login: 'ana' }, false],
])('an application or not: %s', (_, one, want) => expect(isApplication(one)).toBe(want))

test('an application goes by its name, and without one by a short id', () => {
  expect(called({ name: 'Monthly report', login: `app-${id}` })).toBe('Monthly report')
  expect(called({ name: `Application ${id}`, login: `app-${id}` })).toBe('Application 4f9f6c1e…')
  expect(called({ name: id, login: 'ana' })).toBe(id)
})

test('names in words say how many are left out', () => {
  const people = ['Ana', 'Bob', 'Cem', 'Dora'].map((name) => ({ name }))
  const more = (n: number) => `${n} more`
  expect(namesInWords(people.slice(0, 1), 'en', more)).toBe('Ana')
  expect(namesInWords(people.slice(0, 3), 'en', more)).toBe('Ana, Bob, and Cem')
  expect(namesInWords(people, 'en', more)).toBe('Ana, Bob, and 2 more')
})

test('who acts for somebody is named with them', () => {
  const ben = { id: 'user:3', name: 'Ben' }
  expect(calledFor(ben)).toBe('Ben')
  expect(calledFor(ben, { id: 'user:2', name: 'Jane' })).toBe('Ben for Jane')
})
