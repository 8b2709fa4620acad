import { expect, test } from 'vitest'
import type { Incident } from '../api/types'
import { groupsOf, progress } from './incidentgroups'

const one = (serial: string, at: string, more: Partial<Incident> = {}): Incident => ({
  serial, instance: 1, key: 'leave', workflow: 'Leave', step: 'ask', name: 'Ask', code: 'nobody-found', cause: `cause of ${serial}`, attempts: 0, at, ...more,
})

test('what failed at the same step for the same cause is one group, told by its newest', () => {
  const groups = groupsOf([one('1_2', '2026-01-02T10:00:00Z'), one('2_2', '2026-01-03T10:00:00.5Z'), one('3_2', '2026-01-01T10:00:00Z')])
  expect(groups).toHaveLength(1)
  expect(groups[0]).toMatchObject({ cause: 'cause of 2_2', first: '2026-01-01T10:00:00Z', last: '2026-01-03T10:00:00.5Z' })
  expect(groups[0]?.items).toHaveLength(3)
})

test('another step, cause or workflow is another group, the newest first', () => {
  const at = (day: number) => `2026-01-0${day}T10:00:00Z`
  const groups = groupsOf([one('1_2', at(1)), one('2_2', at(2), { step: 'tell' }), one('3_2', at(3), { code: 'x' }), one('4_2', at(4), { key: 'other' })])
  expect(groups.map(({ items }) => items[0]?.serial)).toEqual(['4_2', '3_2', '2_2', '1_2'])
})

test('progress counts all that had its turn', () => {
  expect(progress({ total: 4, done: 1, failed: 1, passed: 1 })).toBe(0.75)
  expect(progress({ total: 0, done: 0, failed: 0, passed: 0 })).toBe(1)
})
