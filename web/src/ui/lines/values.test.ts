import { expect, test } from 'vitest'
import { linesOf, valuesOf } from './values'

test('values stand on lines or between commas', () => {
  expect(valuesOf(' a \n\nb, c,\n')).toEqual(['a', 'b', 'c'])
  expect(valuesOf('')).toEqual([])
})

test('a list survives being shown and typed again', () => {
  expect(valuesOf(linesOf(['a', 'b']))).toEqual(['a', 'b'])
  expect(linesOf(undefined)).toBe('')
})
