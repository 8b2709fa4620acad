import type { Calendar, CalendarHoliday, CalendarPlan, CalendarSpecial } from '../api/types'
import { eventsWords } from '../text/events'

const words = eventsWords.calendars

export const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
export type Day = (typeof days)[number]

/** A calendar as it is typed: hours of a day in one line, holidays one a line. */
export interface Draft {
  name: string
  standard: boolean
  zone: string
  week: Record<Day, string>
  holidays: string
  special: string
}

export function draftOf(calendar: Calendar | undefined, zone: string): Draft {
  const week = calendar?.week ?? usual
  return {
    name: calendar?.name ?? '',
    standard: calendar?.standard ?? false,
    zone: calendar?.zone ?? zone,
    week: Object.fromEntries(days.map((day) => [day, (week[day] ?? []).join(', ')])) as Record<Day, string>,
    holidays: holidayLines(calendar?.holidays ?? []),
    special: (calendar?.special ?? []).map(({ date, name, hours }) => [date, (hours ?? []).join(', '), name].filter(Boolean).join(' ')).join('\n'),
  }
}

const nine = ['08:00-17:00']
const usual: CalendarPlan['week'] = { monday: nine, tuesday: nine, wednesday: nine, thursday: nine, friday: nine }

/** Holidays, one a line, as they are typed. */
export function holidayLines(list: readonly CalendarHoliday[]): string {
  return list.map(({ date, name, hours }) => [date, hours, name].filter(Boolean).join(' ')).join('\n')
}

const span = /^\d{1,2}:\d{2}\s*[-–]\s*\d{1,2}:\d{2}$/

/** Hours of one day, or undefined where they cannot be read. */
export function spansOf(text: string): string[] | undefined {
  const list = text
    .split(/[,;]/)
    .map((one) => one.trim())
    .filter(Boolean)
  if (!list.every((one) => span.test(one))) return undefined
  return list.map((one) => one.split(/[-–]/).map((clock) => clock.trim().padStart(5, '0')).join('-'))
}

interface Line {
  date: string
  hours: string[]
  name: string
}

const dated = /^((?:\d{4}-)?\d{2}-\d{2})(?:\s+|$)((?:\d{1,2}:\d{2}\s*[-–]\s*\d{1,2}:\d{2}\s*,?\s*)*)(.*)$/

/** Days with hours and names, one a line; or what is wrong with the first that cannot be read. */
export function linesOf(text: string): { lines: Line[] } | { wrong: string } {
  const lines: Line[] = []
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (!line) continue
    const found = dated.exec(line)
    if (!found?.[1]) return { wrong: words.form.line(i + 1, line.slice(0, 40)) }
    lines.push({ date: found[1], hours: spansOf(found[2] ?? '') ?? [], name: (found[3] ?? '').trim() })
  }
  return { lines }
}

/** What is typed as a plan, or what is wrong with it by field: a day, holidays, special. */
export function planOf(draft: Draft): { plan: CalendarPlan } | { wrong: Map<string, string> } {
  const wrong = new Map<string, string>()
  const week: CalendarPlan['week'] = {}
  for (const day of days) {
    const spans = spansOf(draft.week[day])
    if (!spans) wrong.set(day, words.form.spans)
    else if (spans.length > 0) week[day] = spans
  }
  const holidays = linesOf(draft.holidays)
  const special = linesOf(draft.special)
  if ('wrong' in holidays) wrong.set('holidays', holidays.wrong)
  if ('wrong' in special) wrong.set('special', special.wrong)
  if (wrong.size > 0 || 'wrong' in holidays || 'wrong' in special) return { wrong }
  const plan: CalendarPlan = { zone: draft.zone.trim(), week }
  if (holidays.lines.length > 0) plan.holidays = holidays.lines.map(({ date, hours, name }): CalendarHoliday => ({ date, ...(name ? { name } : {}), ...(hours[0] ? { hours: hours[0] } : {}) }))
  if (special.lines.length > 0) plan.special = special.lines.map(({ date, hours, name }): CalendarSpecial => ({ date, ...(name ? { name } : {}), ...(hours.length > 0 ? { hours } : {}) }))
  return { plan }
}

/** Which of some holidays are not among those typed: another day, or another part of one. */
export function freshOf(found: readonly CalendarHoliday[], typed: string): CalendarHoliday[] {
  const read = linesOf(typed)
  const had = new Set('lines' in read ? read.lines.map(({ date, hours }) => `${date} ${hours[0] ?? ''}`) : [])
  return found.filter(({ date, hours }) => !had.has(`${date} ${hours ?? ''}`))
}

/** The week in a line: days with the same hours together. */
export function weekInWords(week: CalendarPlan['week']): string {
  const runs: { first: Day; last: Day; hours: string }[] = []
  for (const day of days) {
    const hours = (week[day] ?? []).map((one) => one.replace('-', '–')).join(', ')
    const run = runs[runs.length - 1]
    if (run && run.hours === hours) run.last = day
    else runs.push({ first: day, last: day, hours })
  }
  const name = ({ first, last }: { first: Day; last: Day }) => (first === last ? words.shortDays[first] : `${words.shortDays[first]}–${words.shortDays[last]}`)
  return (
    runs
      .filter(({ hours }) => hours)
      .map((run) => `${name(run)} ${run.hours}`)
      .join('; ') || words.noHours
  )
}
