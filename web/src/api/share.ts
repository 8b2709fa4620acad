export interface Stream {
  readonly readyState: number
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void
  close(): void
}

interface Said {
  type: string
  data: string
}

export interface Channel {
  onmessage: ((event: MessageEvent<Said>) => void) | null
  postMessage(said: Said): void
  close(): void
}

/** What of the browser a shared stream stands on. Without locks or channels each tab has a stream while it is seen. */
export interface World {
  locks: { request(name: string, options: LockOptions, held: (lock: unknown) => Promise<void> | void): Promise<unknown> } | undefined
  channel: ((name: string) => Channel) | undefined
  stream: (url: string) => Stream
  visible: () => boolean
  onVisible: (run: () => void) => () => void
}

export interface Shared {
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void
  /** Opens the stream anew, if it is this tab that holds it. */
  again(): void
  close(): void
}

const againAfter = 4000
const closed = 2

/** Lock and channel are a person's own: nobody hears what was meant for who signed in before. */
export function nameOf(url: string, person: string): string {
  return `signoff ${url} ${person}`
}

/**
 * One stream per address for all tabs of a browser, which lets only six
 * connections go to a server. The tab that has the lock holds the stream and
 * repeats it to the others; when it closes the lock passes on. Besides the
 * types asked for there are "open", "error", "ended" (no stream, so perhaps no
 * session) and "resync": something may have been missed, read everything again.
 */
export function share(url: string, person: string, types: readonly string[], world: World = browser()): Shared {
  const name = nameOf(url, person)
  const listeners = new Map<string, ((event: MessageEvent<string>) => void)[]>()
  const channel = world.locks && world.channel?.(name)
  let stream: Stream | undefined
  let link: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let gap = false
  let over = false
  let release = () => {}

  const hear = ({ type, data }: Said) => listeners.get(type)?.forEach((listener) => listener({ data } as MessageEvent<string>))
  const say = (type: string, data = '') => {
    if (over) return
    channel?.postMessage({ type, data })
    hear({ type, data })
  }

  const shut = () => {
    clearTimeout(timer)
    stream?.close()
    stream = undefined
  }
  const open = () => {
    shut()
    const own = world.stream(url)
    stream = own
    for (const type of new Set([...types, 'resync'])) own.addEventListener(type, (event) => stream === own && say(type, event.data))
    own.addEventListener('open', () => {
      if (stream !== own) return
      say((link = 'open'))
      if (gap) say('resync')
      gap = false
    })
    own.addEventListener('error', () => {
      if (stream !== own) return
      gap = true
      say((link = 'error'))
      if (own.readyState !== closed) return
      say('ended')
      clearTimeout(timer)
      timer = setTimeout(open, againAfter)
    })
  }

  const waiting = new AbortController()
  const lead = (succeeds: boolean) => {
    if (over) return
    gap = succeeds
    open()
    return new Promise<void>((resolve) => (release = resolve))
  }
  const stand = async (locks: NonNullable<World['locks']>) => {
    let taken = false
    await locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock) return lead(false)
      taken = true
    })
    if (!taken || over) return
    channel?.postMessage({ type: 'hello', data: '' })
    await locks.request(name, { signal: waiting.signal }, () => lead(true))
  }

  let unwatch = () => {}
  if (world.locks && channel) {
    channel.onmessage = ({ data }) => {
      if (data.type !== 'hello') hear(data)
      else if (stream && link) channel.postMessage({ type: link, data: '' })
    }
    // Leaving the queue rejects the request; that is no trouble.
    stand(world.locks).catch(() => {})
  } else {
    const look = () => {
      if (!world.visible()) {
        shut()
        gap = true
      } else if (!stream) open()
    }
    unwatch = world.onVisible(look)
    look()
  }

  return {
    addEventListener: (type, listener) => void listeners.set(type, [...(listeners.get(type) ?? []), listener]),
    again() {
      if (!stream) return
      gap = true
      open()
    },
    close() {
      over = true
      unwatch()
      waiting.abort()
      shut()
      channel?.close()
      release()
    },
  }
}

/** Tells the other tabs that the session is over. */
export function tellEnded(url: string, person: string): void {
  if (typeof BroadcastChannel === 'undefined') return
  const channel = new BroadcastChannel(nameOf(url, person))
  channel.postMessage({ type: 'ended', data: '' } satisfies Said)
  channel.close()
}

function browser(): World {
  return {
    // Missing where the page came over plain HTTP from another machine.
    locks: (navigator as { locks?: LockManager }).locks as World['locks'],
    channel: typeof BroadcastChannel === 'undefined' ? undefined : (name) => new BroadcastChannel(name),
    stream: (url) => new EventSource(url),
    visible: () => document.visibilityState === 'visible',
    onVisible(run) {
      document.addEventListener('visibilitychange', run)
      return () => document.removeEventListener('visibilitychange', run)
    },
  }
}
