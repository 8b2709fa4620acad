import { expect, test } from 'vitest'
import type { Place, Variable } from '../../api/types'
import { changed, destinations, placeNames, whereItIs } from './changed'

const fields: Variable[] = [
  { name: 'amount', label: 'Amount', type: 'number', required: true },
  { name: 'note', label: 'Note', type: 'text' },
  { name: 'when', label: 'When', type: 'dateTime' },
]
const before = { amount: '10', note: 'x', when: '2026-01-01T10:00' }

test('only what was touched is sent', () => expect(changed(fields, before, { ...before, amount: '12,5' }).values).toEqual({ amount: 12.5 }))
test('what was emptied is null', () => expect(changed(fields, before, { ...before, note: ' ' }).values).toEqual({ note: null }))
test('what has to be there is not emptied', () => expect([...changed(fields, before, { ...before, amount: '' }).wrong.keys()]).toEqual(['amount']))
test('what cannot be read is told', () => expect(changed(fields, before, { ...before, amount: 'many' }).wrong.get('amount')).toMatch(/number/))

const place = (element: string, more: Partial<Place> = {}): Place => ({ element, name: element, kind: 'task', enter: true, ...more })
const places = [place('start', { enter: false }), place('ask'), place('sub'), place('inner', { scope: 'sub' }), place('other', { scope: 'sub' }), place('end')]

test('it is where something is not done, the innermost first', () => {
  const steps = [
    { element: 'ask', state: 'done' },
    { element: 'sub', state: 'active' },
    { element: 'inner', state: 'failed' },
  ]
  expect(whereItIs(places, steps).map(({ element }) => element)).toEqual(['inner', 'sub'])
})

test('it moves within its sub-process, and not to a start', () => {
  const to = (from: string) => destinations(places, places.find(({ element }) => element === from)).map(({ element }) => element)
  expect(to('ask')).toEqual(['sub', 'end'])
  expect(to('inner')).toEqual(['other'])
  expect(destinations(places, undefined)).toEqual([])
})

test('steps of one name are told apart', () => {
  const named = [place('a', { name: 'Approve\nleave' }), place('b', { name: 'Approve leave' }), place('c', { name: '' })]
  expect(placeNames(named).map(({ label }) => label)).toEqual(['Approve leave (a)', 'Approve leave (b)', 'c'])
})
