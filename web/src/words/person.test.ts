import { expect, test } from 'vitest'
import { called, hue, initials, namesInWords } from './person'

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

test('names in words say how many are left out', () => {
  const people = ['Ana', 'Bob', 'Cem', 'Dora'].map((name) => ({ name }))
  const more = (n: number) => `${n} more`
  expect(namesInWords(people.slice(0, 1), 'en', more)).toBe('Ana')
  expect(namesInWords(people.slice(0, 3), 'en', more)).toBe('Ana, Bob, and Cem')
  expect(namesInWords(people, 'en', more)).toBe('Ana, Bob, and 2 more')
})
