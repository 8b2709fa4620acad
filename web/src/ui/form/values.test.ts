import { describe, expect, test } from 'vitest'
import type { Variable } from '../../api/types'
import { draftOf, joinDuration, localMoment, readDraft, splitDuration } from './values'

const field = (type: Variable['type'], more: Partial<Variable> = {}): Variable => ({ name: 'x', label: 'Days', type, ...more })
const read = (type: Variable['type'], text: string | boolean, more: Partial<Variable> = {}) => {
  const { values, wrong } = readDraft([field(type, more)], { x: text })
  return wrong.get('x') ?? values.x
}

describe('numbers', () => {
  test.each([
    ['3', 3],
    [' 2.5 ', 2.5],
    ['2,5', 2.5],
    ['-0.1', -0.1],
    ['1 234', 1234],
    ['12345678901234567890.01', '12345678901234567890.01'],
  ])('%s is read', (text, want) => expect(read('number', text)).toBe(want))

  test.each(['three', '1.2.3', '1e5', '0x10', 'Infinity', '--1', '1,000,000'])('%s is refused', (text) => expect(read('number', text)).toMatch(/number/))
})

describe('what may be empty', () => {
  test('an empty field is left out', () => expect(readDraft([field('number')], { x: '  ' })).toEqual({ values: {}, wrong: new Map() }))
  test('a required one is named by its label', () => expect(read('text', '', { required: true })).toBe('Fill in “Days”.'))
  test('no is an answer', () => expect(read('boolean', false, { required: true })).toBe(false))
})

describe('dates', () => {
  test('a day goes over as it is', () => expect(read('date', '2026-12-24')).toBe('2026-12-24'))
  test('a local moment goes over in UTC', () => expect(read('dateTime', '2026-12-24T13:00')).toBe('2026-12-24T12:00:00.000Z'))
  test('and comes back to the same local moment', () => expect(localMoment('2026-12-24T12:00:00.000Z')).toBe('2026-12-24T13:00'))
  test.each(['24.12.2026', 'soon'])('%s is no day', (text) => expect(read('date', text)).toMatch(/date/))
})

test('JSON is parsed or refused', () => {
  expect(read('json', '{"a": [1]}')).toEqual({ a: [1] })
  expect(read('json', '{a}')).toBe('This is not JSON.')
})

test.each([
  ['P3D', '3', 'days'],
  ['P14D', '2', 'weeks'],
  ['P7D', '7', 'days'],
  ['PT90M', '90', 'minutes'],
  ['PT5H', '5', 'hours'],
] as const)('%s is %s %s and back', (iso, amount, unit) => {
  expect(splitDuration(iso)).toEqual({ amount, unit })
  expect(joinDuration(amount, unit)).toBe(iso)
})

test('durations the field cannot show are kept as text, nonsense is refused', () => {
  expect(splitDuration('P1Y2M')).toBeUndefined()
  expect(read('duration', 'P1Y2M')).toBe('P1Y2M')
  for (const bad of ['P', 'PT', '3', '3 days', 'P3X']) expect(read('duration', bad)).toBe('Write how long.')
})

test('a form starts with the present values, then the defaults', () => {
  const fields = [
    { ...field('number'), name: 'a', value: 3, default: 1 },
    { ...field('number'), name: 'b', default: 1 },
    { ...field('boolean'), name: 'c' },
    { ...field('json'), name: 'd', value: { k: 1 } },
    { ...field('person'), name: 'e', value: { login: 'jane', name: 'Jane' } },
    { ...field('text'), name: 'f' },
  ]
  expect(draftOf(fields)).toEqual({ a: '3', b: '1', c: false, d: '{\n  "k": 1\n}', e: 'jane', f: '' })
})
