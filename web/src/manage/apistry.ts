/** What goes into a request that somebody tries. */
export interface Trial {
  address: string
  path: string
  kind: string
  token: string
  login: string
  password: string
}

/** What came of it. */
export interface Tried {
  line: string
  status: number
  reason: string
  headers: [string, string][]
  body: string
  ms: number
}

/** The headers worth showing of an answer, in the order people look for them. */
const shown = ['www-authenticate', 'content-type', 'etag', 'location', 'retry-after', 'x-request-id']

const longest = 20_000

/** The Authorization header of a trial; undefined when nothing was given. */
export function authorization({ kind, token, login, password }: Trial): string | undefined {
  if (kind === 'basic') return login ? `Basic ${base64(`${login}:${password}`)}` : undefined
  const text = token.trim().replace(/^bearer\s+/i, '')
  return text ? `Bearer ${text}` : undefined
}

function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
}

/** The address of a trial on this very server: the path, whatever the API is called outside. */
export function target({ address, path }: Trial): string {
  const base = new URL(address).pathname.replace(/\/$/, '')
  return base + (path.startsWith('/') ? path : `/${path}`)
}

/** JSON laid out for reading; anything else as it is. cut says that there is more. */
export function readable(text: string, cut: string): string {
  let out = text
  try {
    out = JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    // not JSON: shown as it came
  }
  return out.length > longest ? `${out.slice(0, longest)}\n${cut}` : out
}

/** Sends a trial, with what was given and nothing of the page's session. */
export async function send(trial: Trial, cut: string): Promise<Tried> {
  const path = target(trial)
  const given = authorization(trial)
  const began = performance.now()
  const answer = await fetch(path, { credentials: 'omit', cache: 'no-store', headers: { Accept: 'application/json', ...(given ? { Authorization: given } : {}) } })
  const text = await answer.text()
  return {
    line: `GET ${path}`,
    status: answer.status,
    reason: answer.statusText,
    headers: shown.flatMap((name): [string, string][] => {
      const value = answer.headers.get(name)
      return value ? [[name, value]] : []
    }),
    body: readable(text, cut),
    ms: Math.round(performance.now() - began),
  }
}
