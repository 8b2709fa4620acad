import type { Grant, Person } from '../../api/types'

/** A row of the table of rights: somebody, what they hold here, and what comes from categories. */
export interface Row {
  who: Person
  held: ReadonlySet<string>
  /** The category a right comes from, by the right. */
  from: ReadonlyMap<string, string>
}

export const onWorkflows = ['start', 'view-own', 'view', 'finish', 'administer'] as const
export const onServices = ['use', 'change'] as const
export const onServer = ['administer', 'deploy', 'impersonate'] as const

/** Puts the rights of one person, group or role into one row. */
export function rowsOf(grants: readonly Grant[]): Row[] {
  const rows = new Map<string, { who: Person; held: Set<string>; from: Map<string, string> }>()
  for (const { who, right, category } of grants) {
    const row = rows.get(who.id) ?? { who, held: new Set(), from: new Map() }
    rows.set(who.id, row)
    if (category === undefined) row.held.add(right)
    else if (!row.from.has(right)) row.from.set(right, category)
  }
  return [...rows.values()]
}

/** The rights kept here, as they are sent. Empty rows and rights of categories are left out. */
export function grantsOf(rows: readonly Row[]): { who: string; right: string }[] {
  return rows.flatMap((row) => [...row.held].sort().map((right) => ({ who: row.who.id, right })))
}

/** Gives or takes one right. */
export function turned(rows: readonly Row[], id: string, right: string, on: boolean): Row[] {
  return rows.map((row) => {
    if (row.who.id !== id) return row
    const held = new Set(row.held)
    if (on) held.add(right)
    else held.delete(right)
    return { ...row, held }
  })
}

/** Adds somebody with a first right, unless they are there. */
export function added(rows: readonly Row[], who: Person, right: string): Row[] {
  if (rows.some((row) => row.who.id === who.id)) return turned(rows, who.id, right, true)
  return [...rows, { who, held: new Set([right]), from: new Map() }]
}

/** Takes all rights kept here from somebody; those of categories stay to be seen. */
export function without(rows: readonly Row[], id: string): Row[] {
  return rows.flatMap((row) => (row.who.id !== id ? [row] : row.from.size > 0 ? [{ ...row, held: new Set<string>() }] : []))
}

/** Whether a right is held because administering includes it. */
export function included(row: Row, right: string): boolean {
  return (right !== 'administer' && row.held.has('administer')) || (right === 'use' && row.held.has('change'))
}

/** Whether two tables give the same rights. */
export function same(a: readonly Row[], b: readonly Row[]): boolean {
  const words = (rows: readonly Row[]) => grantsOf(rows).map((grant) => `${grant.who} ${grant.right}`).sort().join('\n')
  return words(a) === words(b)
}
