import { expect, test } from 'vitest'
import { sleepUntil } from './sleeptimes'

const local = (y: number, m: number, d: number, h: number) => new Date(y, m - 1, d, h)

test('words become moments of the local day', () => {
  const monday = local(2026, 11, 23, 15)
  expect(sleepUntil('hour', monday)).toEqual(local(2026, 11, 23, 16))
  expect(sleepUntil('tomorrow', monday)).toEqual(local(2026, 11, 24, 8))
  expect(sleepUntil('monday', monday)).toEqual(local(2026, 11, 30, 8))
  expect(sleepUntil('monday', local(2026, 11, 22, 9))).toEqual(local(2026, 11, 23, 8))
  expect(sleepUntil('tomorrow', local(2026, 12, 31, 23))).toEqual(local(2027, 1, 1, 8))
})
