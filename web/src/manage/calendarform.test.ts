import { describe, expect, test } from 'vitest'
import type { Calendar } from '../api/types'
import { draftOf, freshOf, linesOf, planOf, spansOf, weekInWords } from './calendarform'

const berlin: Calendar = {
  name: 'Berlin',
  standard: true,
  zone: 'Europe/Berlin',
  week: { monday: ['08:00-12:00', '13:00-17:00'], friday: ['08:00-15:00'], saturday: ['22:00-06:00'] },
  holidays: [{ date: '12-25', name: 'Christmas' }, { date: '2026-12-24', hours: '12:00-24:00' }],
  special: [{ date: '2026-11-28', name: 'Stocktaking', hours: ['09:00-13:00'] }, { date: '2026-11-29' }],
  rev: 3,
}

test('what was loaded goes back as it came', () => {
  const { zone, week, holidays, special } = berlin
  expect(planOf(draftOf(berlin, 'UTC'))).toEqual({ plan: { zone, week, holidays, special } })
})

describe('hours of a day', () => {
  test.each([
    ['', []],
    ['8:00-12:00, 13:00 – 17:00', ['08:00-12:00', '13:00-17:00']],
    ['22:00-06:00;', ['22:00-06:00']],
  ])('%s is read', (text, want) => expect(spansOf(text)).toEqual(want))
  test.each(['8-17', 'all day', '08:00', '08:00-12:00 13:00-17:00'])('%s is not', (text) => expect(spansOf(text)).toBeUndefined())
})

describe('a line of a day', () => {
  test.each([
    ['12-25 Christmas', { date: '12-25', hours: [], name: 'Christmas' }],
    ['  2026-12-24 12:00-24:00 Christmas Eve ', { date: '2026-12-24', hours: ['12:00-24:00'], name: 'Christmas Eve' }],
    ['2026-11-28 09:00-12:00, 13:00-15:00', { date: '2026-11-28', hours: ['09:00-12:00', '13:00-15:00'], name: '' }],
    ['05-01 1 May', { date: '05-01', hours: [], name: '1 May' }],
  ])('%s', (line, want) => expect(linesOf(line)).toEqual({ lines: [want] }))
  test('the first that is none is named', () => expect(linesOf('12-25\n\nEaster')).toEqual({ wrong: expect.stringMatching(/^Line 3 .*Easter/) }))
})

test('what is wrong is told by field', () => {
  const draft = { ...draftOf(berlin, 'UTC'), holidays: 'Easter' }
  draft.week.tuesday = 'nine to five'
  const read = planOf(draft)
  expect('wrong' in read && [...read.wrong.keys()]).toEqual(['tuesday', 'holidays'])
})

test('only holidays that are not there yet are new', () =>
  expect(freshOf([{ date: '12-25', name: 'Xmas' }, { date: '2026-12-24', hours: '12:00-24:00' }, { date: '01-01' }], draftOf(berlin, 'UTC').holidays)).toEqual([{ date: '01-01' }]))

test('the week is told with equal days together', () => {
  expect(weekInWords(berlin.week)).toBe('Mon 08:00–12:00, 13:00–17:00; Fri 08:00–15:00; Sat 22:00–06:00')
  expect(weekInWords(draftOfWeek())).toBe('Mon–Fri 08:00–17:00')
  expect(weekInWords({})).toBe('none')
})

function draftOfWeek() {
  const read = planOf(draftOf(undefined, 'UTC'))
  return 'plan' in read ? read.plan.week : {}
}
