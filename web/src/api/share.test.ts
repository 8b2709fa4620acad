import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { share, type Channel, type World } from './share'

class Stream {
  readyState = 1
  listeners = new Map<string, (event: MessageEvent<string>) => void>()
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void) {
    this.listeners.set(type, listener)
  }
  close() {
    this.readyState = 2
  }
  say(type: string, data = '') {
    this.listeners.get(type)?.({ data } as MessageEvent<string>)
  }
}

/** A browser whose tabs share locks and channels. */
class Browser {
  streams: Stream[] = []
  held = new Set<string>()
  queues = new Map<string, (() => void)[]>()
  channels = new Map<string, Set<Channel>>()
  seen = true
  looked = () => {}

  get open() {
    return this.streams.filter((stream) => stream.readyState !== 2)
  }

  tab(person: string, { locks = true } = {}) {
    const world: World = {
      locks: locks
        ? {
            request: async (name, { ifAvailable, signal }, held) => {
              if (this.held.has(name)) {
                if (ifAvailable) return held(null)
                await new Promise<void>((go, fail) => {
                  const queue = this.queues.get(name) ?? []
                  this.queues.set(name, [...queue, go])
                  signal?.addEventListener('abort', () => {
                    this.queues.set(name, (this.queues.get(name) ?? []).filter((one) => one !== go))
                    fail(new Error('aborted'))
                  })
                })
              }
              this.held.add(name)
              await held({})
              this.held.delete(name)
              this.queues.get(name)?.shift()?.()
            },
          }
        : undefined,
      channel: (name) => {
        const all = this.channels.get(name) ?? new Set<Channel>()
        this.channels.set(name, all)
        const own: Channel = {
          onmessage: null,
          postMessage: (data) => all.forEach((other) => other !== own && other.onmessage?.({ data } as MessageEvent)),
          close: () => void all.delete(own),
        }
        all.add(own)
        return own
      },
      stream: () => {
        const stream = new Stream()
        this.streams.push(stream)
        return stream
      },
      visible: () => this.seen,
      onVisible: (run) => {
        this.looked = run
        return () => (this.looked = () => {})
      },
    }
    const heard: string[] = []
    const source = share('/events', person, ['task'], world)
    for (const type of ['task', 'resync', 'open', 'error', 'ended']) source.addEventListener(type, ({ data }) => heard.push(type + data))
    return { heard, close: () => source.close(), again: () => source.again() }
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const settle = () => vi.advanceTimersByTimeAsync(0)

test('eight tabs of a person have one stream, and all hear it', async () => {
  const browser = new Browser()
  const tabs = Array.from({ length: 8 }, () => browser.tab('ana'))
  await settle()
  expect(browser.open).toHaveLength(1)
  browser.open[0]?.say('open')
  browser.open[0]?.say('task', '1')
  for (const { heard } of tabs) expect(heard).toEqual(['open', 'task1'])
})

test('who comes later learns how the line is', async () => {
  const browser = new Browser()
  browser.tab('ana')
  await settle()
  browser.open[0]?.say('error')
  const late = browser.tab('ana')
  await settle()
  expect(late.heard).toEqual(['error'])
})

test('when the leader closes, one other takes over and all read again', async () => {
  const browser = new Browser()
  const [first, gone, second, third] = [browser.tab('ana'), browser.tab('ana'), browser.tab('ana'), browser.tab('ana')]
  await settle()
  gone.close()
  first.close()
  await settle()
  expect(browser.open).toHaveLength(1)
  browser.open[0]?.say('open')
  expect(second.heard).toEqual(['open', 'resync'])
  expect(third.heard).toEqual(['open', 'resync'])
  expect(gone.heard).toEqual([])
  second.close()
  third.close()
  await settle()
  expect(browser.open).toHaveLength(0)
})

test('two people share nothing', async () => {
  const browser = new Browser()
  const [ana, jane] = [browser.tab('ana'), browser.tab('jane')]
  await settle()
  expect(browser.open).toHaveLength(2)
  browser.open[0]?.say('task', '1')
  expect(ana.heard).toEqual(['task1'])
  expect(jane.heard).toEqual([])
})

test('a refused stream is told to all and tried again after a while', async () => {
  const browser = new Browser()
  const [leader, other] = [browser.tab('ana'), browser.tab('ana')]
  await settle()
  browser.streams[0]?.close()
  browser.streams[0]?.say('error')
  expect(browser.open).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(5000)
  other.again()
  expect(browser.open).toHaveLength(1)
  browser.open[0]?.say('open')
  for (const { heard } of [leader, other]) expect(heard).toEqual(['error', 'ended', 'open', 'resync'])
})

test('without locks a tab has a stream while it is seen', () => {
  const browser = new Browser()
  const tab = browser.tab('ana', { locks: false })
  browser.open[0]?.say('open')
  browser.seen = false
  browser.looked()
  expect(browser.open).toHaveLength(0)
  browser.seen = true
  browser.looked()
  browser.open[0]?.say('open')
  expect(tab.heard).toEqual(['open', 'open', 'resync'])
  tab.close()
  expect(browser.open).toHaveLength(0)
})
