import { useSyncExternalStore } from 'react'

// One clock for the whole page: words like "5 minutes ago" all turn at once.
const step = 20_000
let moment = Date.now()
const listeners = new Set<() => void>()
let ticking: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (ticking === undefined) {
    moment = Date.now() // nobody moved it while nobody looked
    ticking = setInterval(touchNow, step)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(ticking)
    ticking = undefined
  }
}

/** The present moment, in steps small enough for words. */
export function useNow(): Date {
  const at = useSyncExternalStore(subscribe, () => moment)
  // Something newer than the last step must not lie in the future.
  return new Date(Math.max(at, moment))
}

/** Moves the clock to now, for a page that just got news. */
export function touchNow(): void {
  moment = Date.now()
  for (const each of listeners) each()
}
