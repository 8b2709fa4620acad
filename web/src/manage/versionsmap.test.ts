import { expect, test } from 'vitest'
import { hindrance, mapOf, renamed, renamedOf, stepName } from './versionsmap'

const steps = [
  { element: 'approve', name: 'Approve' },
  { element: 'tell', name: 'tell' },
]
const ask = { step: 'ask', name: 'Ask', to: 'approve' }

test('a step in the way that the other version has not can have become another', () => {
  const blocked = [{ step: 'ask', name: 'Ask' }, { step: 'ask', name: 'Ask' }, { step: 'tell', name: 'Tell' }, { name: 'sum' }]
  expect(renamedOf([], blocked, steps)).toEqual([{ step: 'ask', name: 'Ask', to: '' }])
})

test('what was said stays there to be changed, though nothing is in the way any more', () => {
  expect(renamedOf([ask], [], steps)).toEqual([ask])
  expect(renamedOf([ask], [{ step: 'ask' }], steps)).toEqual([ask])
})

test('what was said is changed and taken back', () => {
  const other = { step: 'x', name: 'X', to: 'tell' }
  expect(mapOf(renamed([ask, other], { ...ask, to: 'tell' }))).toEqual({ ask: 'tell', x: 'tell' })
  expect(mapOf(renamed([ask, other], { ...ask, to: '' }))).toEqual({ x: 'tell' })
})

test('a step is told by name, and by its id where the name is not it', () => expect(steps.map(stepName)).toEqual(['Approve (approve)', 'tell']))

test.each([
  [{ total: 0, can: 0 }, false, 'none'],
  [{ total: 3, can: 0 }, true, 'nothing'],
  [{ total: 3, can: 2 }, false, 'some'],
  [{ total: 3, can: 2 }, true, undefined],
  [{ total: 3, can: 3 }, false, undefined],
])('of %j, those alone: %j, it says %j', (found, those, want) => expect(hindrance(found, those)).toBe(want))
