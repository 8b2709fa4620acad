import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { follow, keysOf } from './live'

class Stream {
  listeners = new Map<string, (event: MessageEvent<string>) => void>()
  closed = false
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void) {
    this.listeners.set(type, listener)
  }
  close() {
    this.closed = true
  }
  say(type: string, data = '') {
    this.listeners.get(type)?.({ data } as MessageEvent<string>)
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function watch() {
  const stream = new Stream()
  const stale: string[] = []
  const links: string[] = []
  const queries = { invalidateQueries: (f: { queryKey?: readonly unknown[] }) => (stale.push(JSON.stringify(f.queryKey)), Promise.resolve()) }
  const stop = follow(queries as never, (link) => links.push(link), stream)
  return { stream, stale, links, stop }
}

test('a burst of events makes each list stale once', () => {
  const { stream, stale } = watch()
  for (let i = 0; i < 50; i++) stream.say('task', '{"instance":4,"task":"4_2"}')
  expect(stale).toEqual([])
  vi.advanceTimersByTime(100)
  expect(stale.sort()).toEqual(['["incidents"]', '["instance",4]', '["instances"]', '["task","4_2"]', '["tasks"]'])
})

test('a line that opens makes nothing stale; that is for resync to say', () => {
  const { stream, stale, links } = watch()
  stream.say('open')
  stream.say('error')
  stream.say('open')
  vi.advanceTimersByTime(100)
  expect(stale).toEqual([])
  expect(links).toEqual(['open', 'lost', 'open'])
})

test('resync and words nobody understands read everything again', () => {
  const { stream, stale } = watch()
  stream.say('resync', '{"reason":"slow"}')
  vi.advanceTimersByTime(100)
  expect(stale).toEqual(['[]'])
  expect(keysOf(undefined)).toEqual([[]])
})

test('once stopped, nothing is read any more', () => {
  const { stream, stale, stop } = watch()
  stream.say('task', '{"instance":1}')
  stop()
  vi.advanceTimersByTime(100)
  expect(stale).toEqual([])
  expect(stream.closed).toBe(true)
})
