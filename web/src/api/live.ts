import type { QueryClient } from '@tanstack/react-query'
import { pace } from './pace'

export const liveUrl = '/api/v1/events'
export const liveTypes = ['task', 'instance']

export type Link = 'open' | 'lost'

interface Source {
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void
  close(): void
}

interface Live {
  instance: number
  task?: string
}

/**
 * Keeps the query cache true while a page is open: an event of the server makes
 * what it touches stale, and so read again where it is on screen. Bursts are
 * gathered for a moment. Returns how to stop.
 */
export function follow(
  queries: Pick<QueryClient, 'invalidateQueries'>,
  onLink: (link: Link) => void,
  source: Source,
): () => void {
  const waiting = new Set<string>()

  const flush = () => {
    const keys = waiting.has('all') ? [[]] : [...waiting].map((key) => JSON.parse(key) as unknown[])
    waiting.clear()
    for (const queryKey of keys) void queries.invalidateQueries({ queryKey })
  }
  const { ask, stop } = pace(flush, gatherFor, restFor)
  const stale = (key: unknown[] | 'all') => {
    waiting.add(key === 'all' ? 'all' : JSON.stringify(key))
    ask()
  }
  const touched = (event: MessageEvent<string>) => {
    for (const key of keysOf(read(event.data))) stale(key)
  }

  source.addEventListener('task', touched)
  source.addEventListener('instance', touched)
  source.addEventListener('resync', () => stale('all'))
  source.addEventListener('open', () => onLink('open'))
  source.addEventListener('error', () => onLink('lost'))
  return () => {
    stop()
    source.close()
  }
}

const gatherFor = 60
const restFor = 440

/** The cache keys an event makes stale. An event that cannot be read touches everything. */
export function keysOf(live: Live | undefined): unknown[][] {
  if (!live) return [[]]
  const keys: unknown[][] = [['tasks'], ['instances'], ['incidents'], ['instance', live.instance]]
  if (live.task) keys.push(['task', live.task])
  else keys.push(['task'])
  return keys
}

function read(data: string): Live | undefined {
  try {
    const value: unknown = JSON.parse(data)
    if (typeof value === 'object' && value !== null && 'instance' in value && typeof value.instance === 'number') return value as Live
  } catch {
    // Not ours to understand; see keysOf.
  }
  return undefined
}
