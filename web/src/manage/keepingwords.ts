// How long what has ended is kept, in words and as choices.

/** What the page offers, in days; 0 is for ever. A year never comes out short. */
export const periods = [0, 30, 90, 366, 731, 1096, 1827, 2557, 3653] as const

/** The choices, with the present rule among them when it is another. */
export function choices(days: number, label: (days: number) => string): { id: string; label: string }[] {
  const all = [...new Set<number>([...periods, days])].sort((a, b) => (a || Infinity) - (b || Infinity))
  return all.map((n) => ({ id: String(n), label: label(n) }))
}

/** Whole years of so many days, as the choices have them; undefined when it is none. */
export function years(days: number): number | undefined {
  const n = Math.floor(days / 365)
  return n > 0 && days === Math.floor((1461 * n + 3) / 4) ? n : undefined
}
