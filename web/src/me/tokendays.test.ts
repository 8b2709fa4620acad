import { expect, it } from 'vitest'
import { dayChoices } from './tokendays'

it('offers no more days than may be, and each once', () => {
  expect(dayChoices({ defaultDays: 90, maxDays: 365 })).toEqual([7, 30, 90, 180, 365])
  expect(dayChoices({ defaultDays: 10, maxDays: 45 })).toEqual([7, 10, 30, 45])
  expect(dayChoices({ defaultDays: 1, maxDays: 1 })).toEqual([1])
})
