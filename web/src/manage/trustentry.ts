import type { FieldError, TrustedIssuer } from '../api/types'

/** Whose tokens an entry is about. */
export function whose(entry: TrustedIssuer, every: string): string {
  if (entry.anyTenant) return every
  return entry.tenants && entry.tenants.length > 0 ? entry.tenants.join(', ') : (entry.url ?? '')
}

/** The mistakes of the entry at a place in the list, named as its own fields. */
export function errorsOf(errors: readonly FieldError[], place: number): FieldError[] {
  const start = `body.issuers[${place}].`
  return errors.map((error) => (error.field.startsWith(start) ? { ...error, field: error.field.slice(start.length) } : error))
}

/** The list with one entry put in the place of another, or at its end. */
export function withEntry(all: readonly TrustedIssuer[], entry: TrustedIssuer, instead: string | undefined): { issuers: TrustedIssuer[]; place: number } {
  const place = all.findIndex((one) => one.name === instead)
  if (instead === undefined || place < 0) return { issuers: [...all, entry], place: all.length }
  return { issuers: all.map((one, i) => (i === place ? entry : one)), place }
}

/** A name no other entry has: names are what tells them apart. */
export function freeName(wanted: string, all: readonly TrustedIssuer[]): string {
  const taken = new Set(all.map((one) => one.name.toLowerCase()))
  let name = wanted
  for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${wanted} ${i}`
  return name
}

/** Leaves out what is empty: the server's own words for "the usual". */
export function tidy(entry: TrustedIssuer): TrustedIssuer {
  const kept = Object.entries(entry).filter(([key, value]) => key === 'audiences' || !(value === undefined || value === '' || value === false || (Array.isArray(value) && value.length === 0)))
  return Object.fromEntries(kept) as TrustedIssuer
}
