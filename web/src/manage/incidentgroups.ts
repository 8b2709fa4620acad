import type { Incident } from '../api/types'

/** Failed steps of one kind: the same step of the same workflow, for the same cause. */
export interface Group {
  /** Tells it from the others, and what an order for all of it names. */
  id: string
  key: string
  workflow: string
  step: string
  name: string
  code: string
  /** The words of the newest. */
  cause: string
  advice: string | undefined
  first: string
  last: string
  items: Incident[]
}

/** Groups failed steps by cause, the group with the newest first. */
export function groupsOf(incidents: readonly Incident[]): Group[] {
  const groups = new Map<string, Group>()
  for (const one of incidents) {
    const id = [one.key ?? one.workflow ?? '', one.step, one.code].join(' ')
    const group = groups.get(id)
    if (!group) {
      groups.set(id, {
        id,
        key: one.key ?? '',
        workflow: one.workflow ?? '',
        step: one.step,
        name: one.name || one.step,
        code: one.code,
        cause: one.cause,
        advice: one.advice,
        first: one.at,
        last: one.at,
        items: [one],
      })
      continue
    }
    group.items.push(one)
    if (Date.parse(one.at) < Date.parse(group.first)) group.first = one.at
    if (Date.parse(one.at) > Date.parse(group.last)) Object.assign(group, { last: one.at, cause: one.cause, advice: one.advice })
  }
  return [...groups.values()].sort((a, b) => Date.parse(b.last) - Date.parse(a.last))
}

/** How much of an order is behind it, as a share of one. */
export function progress({ total, done, failed, passed }: { total: number; done: number; failed: number; passed: number }): number {
  return total === 0 ? 1 : Math.min(1, (done + failed + passed) / total)
}
