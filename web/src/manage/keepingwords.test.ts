import { describe, expect, it } from 'vitest'
import { choices, periods, years } from './keepingwords'

describe('how long what has ended is kept', () => {
  it('knows whole years, as the command line counts them', () => {
    expect([366, 731, 1096, 1461, 2557, 3653].map(years)).toEqual([1, 2, 3, 4, 7, 10])
    expect([0, 1, 30, 365, 367, 730].map(years)).toEqual(Array(6).fill(undefined))
  })

  it('offers each period once, for ever last, and the present rule among them', () => {
    expect(choices(366, String).map((choice) => choice.id)).toEqual(['30', '90', '366', '731', '1096', '1827', '2557', '3653', '0'])
    expect(choices(45, String).map((choice) => choice.id)).toEqual(['30', '45', '90', '366', '731', '1096', '1827', '2557', '3653', '0'])
    expect(choices(0, String)).toHaveLength(periods.length)
  })
})
