import { expect, test } from 'vitest'
import { afterGone, filterOf, neighbour } from './queries'

test('the address says what is listed; nonsense in it does nothing', () => {
  expect(filterOf(new URLSearchParams('view=sleeping&sort=due&workflow=leave&q=3+days'))).toEqual({ view: 'sleeping', sort: 'due', workflow: 'leave', q: '3 days' })
  expect(filterOf(new URLSearchParams('view=everything&sort=1'))).toEqual({ view: 'open', sort: 'newest', workflow: '', q: '' })
})

test('j and k walk the list and stop at its ends', () => {
  const list = ['1_1', '2_1', '3_1']
  expect(neighbour(list, undefined, 1)).toBe('1_1')
  expect(neighbour(list, undefined, -1)).toBe('3_1')
  expect(neighbour(list, '1_1', 1)).toBe('2_1')
  expect(neighbour(list, '1_1', -1)).toBeUndefined()
  expect(neighbour(list, '3_1', 1)).toBeUndefined()
  expect(neighbour(list, '9_9', 1)).toBe('1_1')
  expect(neighbour([], '9_9', 1)).toBeUndefined()
})

test('after a decision comes the next task, at the end the one before, at last none', () => {
  expect(afterGone(['1_1', '2_1', '3_1'], '2_1')).toBe('3_1')
  expect(afterGone(['1_1', '2_1'], '2_1')).toBe('1_1')
  expect(afterGone(['2_1'], '2_1')).toBeUndefined()
})
