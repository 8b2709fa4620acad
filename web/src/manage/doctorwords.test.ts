import { expect, test } from 'vitest'
import type { Diagnosis, DiagnosisCheck } from '../api/types'
import { isFirst, nameOf, signs, sorted } from './doctorwords'

const fault = { code: 'x', line: 'it is wrong', who: 'caller', copy: [] } as const
const checks: DiagnosisCheck[] = [
  { group: 'token', name: 'form', result: 'passed' },
  { group: 'token', name: 'expiry', result: 'failed', fault: { ...fault, copy: [] } },
  { name: 'groups', result: 'warning' },
  { name: 'guest', result: 'not reached' },
]

test('what failed or needs a look stands apart, in its order', () => {
  const { open, quiet } = sorted(checks)
  expect(open.map((one) => one.name)).toEqual(['expiry', 'groups'])
  expect(quiet.map((one) => one.name)).toEqual(['form', 'guest'])
})

test('a check says what it is about', () => {
  expect(nameOf(checks[1]!)).toBe('token · expiry')
  expect(nameOf(checks[2]!)).toBe('groups')
})

test('the fault at the top is not told twice', () => {
  const diagnosis = { ok: false, line: fault.line, fault: { ...fault, copy: [] }, checks, notes: [], facts: [] } as Diagnosis
  expect(checks.map((one) => isFirst(one, diagnosis))).toEqual([false, true, false, false])
})

test('every result has a sign of its own', () => {
  expect(new Set(Object.values(signs).map((one) => one.icon)).size).toBe(4)
})
