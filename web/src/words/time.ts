// Dates in words. Everything takes the present moment as a parameter, so that
// the same words come out in tests.

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export interface Speech {
  locale: string
  zone?: string
}

/** The moment in full, for tooltips and for reading aloud. */
export function absolute(at: Date, { locale, zone }: Speech): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short', timeZone: zone }).format(at)
}

/** Day and time, where both count and there is little room. */
export function dateAndTime(at: Date, { locale, zone }: Speech): string {
  return new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone: zone }).format(at)
}

/** The moment as people say it when it is near, as a date when it is not. Clocks of two machines differ: what is hardly ahead is now. */
export function inWords(at: Date, now: Date, speech: Speech): string {
  const away = at.getTime() - now.getTime()
  const relative = new Intl.RelativeTimeFormat(speech.locale, { numeric: 'auto', style: 'long' })
  if (away > -45_000 && away < 1.5 * minute) return relative.format(0, 'second')
  if (Math.abs(away) < 50 * minute) return relative.format(roundAway(away / minute), 'minute')
  const days = daysBetween(now, at, speech.zone)
  if (Math.abs(away) < 5 * hour && days === 0) return relative.format(roundAway(away / hour), 'hour')
  const clock = part(at, speech, { hour: '2-digit', minute: '2-digit' })
  if (Math.abs(days) <= 1) return `${relative.format(days, 'day')}, ${clock}`
  if (Math.abs(days) < 7) return `${part(at, speech, { weekday: 'long' })}, ${clock}`
  const sameYear = year(at, speech) === year(now, speech)
  return part(at, speech, sameYear ? { day: 'numeric', month: 'short' } : { day: 'numeric', month: 'short', year: 'numeric' })
}

/** The day alone: today, yesterday, Monday, 3 March. */
export function dayInWords(at: Date, now: Date, speech: Speech): string {
  const days = daysBetween(now, at, speech.zone)
  if (Math.abs(days) <= 1) return new Intl.RelativeTimeFormat(speech.locale, { numeric: 'auto' }).format(days, 'day')
  if (Math.abs(days) < 7) return part(at, speech, { weekday: 'long' })
  const sameYear = year(at, speech) === year(now, speech)
  return part(at, speech, { day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) })
}

/** The end of a span: one at midnight is the day before, as people say it. */
export function endInWords(at: Date, now: Date, speech: Speech): string {
  const midnight = clock(at, { ...speech, locale: 'en-GB' }) === '00:00'
  return midnight ? dayInWords(new Date(at.getTime() - minute), now, speech) : inWords(at, now, speech)
}

/** The time of day. */
export function clock(at: Date, speech: Speech): string {
  return part(at, speech, { hour: '2-digit', minute: '2-digit' })
}

/** How soon something is due: what colour it deserves. */
export function urgency(due: Date, now: Date): 'over' | 'soon' | 'later' {
  const away = due.getTime() - now.getTime()
  if (away < 0) return 'over'
  return away < day ? 'soon' : 'later'
}

/** How long from one moment to another: 3 days, 2 hours, a few seconds. */
export function lasted(from: Date, to: Date, { locale }: Speech): string {
  const ms = Math.max(0, to.getTime() - from.getTime())
  const say = (n: number, unit: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0 }).format(n)
  if (ms < minute) return say(Math.max(1, Math.round(ms / 1000)), 'second')
  if (ms < hour) return say(Math.round(ms / minute), 'minute')
  if (ms < 2 * day) return say(Math.round(ms / hour), 'hour')
  return say(Math.round(ms / day), 'day')
}

// Whole calendar days from a to b in the zone, which is what "tomorrow" means.
function daysBetween(a: Date, b: Date, zone?: string): number {
  return Math.round((dayNumber(b, zone) - dayNumber(a, zone)) / day)
}

function dayNumber(at: Date, zone?: string): number {
  const iso = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)
  return Date.parse(`${iso}T00:00:00Z`)
}

function part(at: Date, { locale, zone }: Speech, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: zone }).format(at)
}

function year(at: Date, { zone }: Speech): string {
  return new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: zone }).format(at)
}

function roundAway(n: number): number {
  return n < 0 ? -Math.round(-n) || -1 : Math.round(n) || 1
}
