import { describe, expect, test } from 'vitest'
import { absolute, dateAndTime, dayInWords, endInWords, inWords, lasted, urgency } from './time'

const speech = { locale: 'en-GB', zone: 'Europe/Berlin' }
const now = new Date('2026-11-23T14:00:00Z') // Monday 15:00 in Berlin
const say = (iso: string) => inWords(new Date(iso), now, speech)

describe('a moment in words', () => {
  test.each([
    ['2026-11-23T14:00:20Z', 'now'],
    ['2026-11-23T14:01:25Z', 'now'], // by a clock that is ahead of this one
    ['2026-11-23T14:02:00Z', 'in 2 minutes'],
    ['2026-11-23T13:59:00Z', '1 minute ago'],
    ['2026-11-23T13:48:00Z', '12 minutes ago'],
    ['2026-11-23T14:45:00Z', 'in 45 minutes'],
    ['2026-11-23T12:00:00Z', '2 hours ago'],
    ['2026-11-23T08:10:00Z', 'today, 09:10'],
    ['2026-11-22T22:30:00Z', 'yesterday, 23:30'],
    ['2026-11-24T08:00:00Z', 'tomorrow, 09:00'],
    ['2026-11-20T08:00:00Z', 'Friday, 09:00'],
    ['2026-11-03T08:00:00Z', '3 Nov'],
    ['2025-12-31T08:00:00Z', '31 Dec 2025'],
  ])('%s reads %s', (iso, words) => expect(say(iso)).toBe(words))

  test('midnight in the zone divides the days, not hours counted back', () => {
    // Half past midnight in Berlin: two hours ago is yesterday.
    const late = new Date('2026-11-22T23:30:00Z')
    expect(inWords(new Date('2026-11-22T21:30:00Z'), late, speech)).toBe('yesterday, 22:30')
  })

  test('the clocks going back do not make a day of 25 hours two', () => {
    const before = new Date('2026-10-24T10:00:00Z')
    expect(dayInWords(new Date('2026-10-25T22:30:00Z'), before, speech)).toBe('tomorrow')
  })

  test('in full it names day, date and time', () => {
    expect(absolute(new Date('2026-11-23T14:02:00Z'), speech)).toMatch(/^Monday,? 23 November 2026 at 15:02$/)
  })
})

test('day and time in short', () => expect(dateAndTime(now, speech)).toMatch(/^Mon,? 23 Nov 2026,? 15:00$/))

test('a day alone', () => {
  expect(dayInWords(now, now, speech)).toBe('today')
  expect(dayInWords(new Date('2026-11-19T12:00:00Z'), now, speech)).toBe('Thursday')
  expect(dayInWords(new Date('2026-03-03T12:00:00Z'), now, speech)).toBe('3 March')
})

test.each([
  ['2026-08-15T22:00:00Z', '15 August'], // midnight in Berlin
  ['2026-11-23T23:00:00Z', 'today'],
  ['2026-11-25T11:00:00Z', 'Wednesday, 12:00'],
])('what ends at %s lasts until %s', (iso, words) => expect(endInWords(new Date(iso), now, speech)).toBe(words))

test('urgency turns at one day and at the due time itself', () => {
  expect(urgency(new Date('2026-11-23T13:59:59Z'), now)).toBe('over')
  expect(urgency(new Date('2026-11-23T15:00:00Z'), now)).toBe('soon')
  expect(urgency(new Date('2026-11-25T15:00:00Z'), now)).toBe('later')
})

test('how long it lasted', () => {
  const after = (ms: number) => lasted(now, new Date(now.getTime() + ms), speech)
  expect(after(0)).toBe('1 second')
  expect(after(90_000)).toBe('2 minutes')
  expect(after(3 * 3_600_000)).toBe('3 hours')
  expect(after(3 * 86_400_000)).toBe('3 days')
})
