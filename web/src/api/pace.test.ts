import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pace } from './pace'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('one question after a quiet time is answered soon', () => {
  let runs = 0
  const { ask } = pace(() => runs++, 60, 500)
  ask()
  vi.advanceTimersByTime(59)
  expect(runs).toBe(0)
  vi.advanceTimersByTime(1)
  expect(runs).toBe(1)
  vi.advanceTimersByTime(5000)
  expect(runs).toBe(1)
})

test('a storm of a thousand a second makes two runs a second, and the last is after the storm', () => {
  const runs: number[] = []
  const { ask } = pace(() => runs.push(Date.now()), 60, 440)
  for (let i = 0; i < 3000; i++) {
    ask()
    vi.advanceTimersByTime(1)
  }
  const stormEnd = Date.now()
  vi.advanceTimersByTime(2000)
  expect(runs.length).toBeLessThanOrEqual(8)
  expect(runs.at(-1)).toBeGreaterThanOrEqual(stormEnd - 1)
})

test('once stopped it stays quiet', () => {
  let runs = 0
  const { ask, stop } = pace(() => runs++, 60, 500)
  ask()
  stop()
  vi.advanceTimersByTime(1000)
  expect(runs).toBe(0)
})
