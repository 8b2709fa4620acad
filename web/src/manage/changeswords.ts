/** One value that is not the same before and after. */
export interface Difference {
  path: string
  before: string | undefined
  after: string | undefined
}

const most = 200

/** What is different between two values of JSON, by where it stands, for people. */
export function differences(before: unknown, after: unknown): Difference[] {
  const [was, is] = [flatten(before), flatten(after)]
  const out: Difference[] = []
  for (const path of [...new Set([...was.keys(), ...is.keys()])].sort(byPlace)) {
    if (was.get(path) !== is.get(path)) out.push({ path: path || 'value', before: was.get(path), after: is.get(path) })
  }
  return out.slice(0, most)
}

const byPlace = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })

/**
 * Values by path. A list of plain values is one value; things in a list go by
 * their name where they have one, so that one more does not make all the others
 * look changed.
 */
function flatten(value: unknown): Map<string, string> {
  const out = new Map<string, string>()
  const walk = (at: string, part: unknown) => {
    if (part === undefined || part === null) return
    if (Array.isArray(part)) {
      if (part.every(isPlain)) out.set(at, part.map(String).join(', '))
      else part.forEach((one, i) => walk(under(at, nameOf(one) ?? String(i + 1)), one))
      return
    }
    if (isPlain(part)) {
      out.set(at, String(part))
      return
    }
    for (const [key, one] of Object.entries(part as Record<string, unknown>)) walk(under(at, key), one)
  }
  walk('', value)
  return out
}

const under = (at: string, key: string) => (at ? `${at} › ${key}` : key)

const isPlain = (value: unknown) => typeof value !== 'object' || value === null

function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const key of ['name', 'id', 'who']) {
    const name: unknown = (value as Record<string, unknown>)[key]
    if (typeof name === 'string' && name !== '') return name
  }
  return undefined
}

/** Whether it was made, removed or changed. */
export function actOf(change: { before?: unknown; after?: unknown }): 'made' | 'gone' | 'changed' {
  if (change.before === undefined) return 'made'
  return change.after === undefined ? 'gone' : 'changed'
}
