import { expect, test } from 'vitest'
import type { Variable } from '../api/types'
import { valueInWords } from './value'

const speech = { locale: 'en-GB', zone: 'Europe/Berlin' }
const say = (type: Variable['type'], value: unknown) => valueInWords({ type, value }, speech)

test.each<[Variable['type'], unknown, string]>([
  ['number', 12345.5, '12,345.5'],
  ['number', '12345678901234567890.01', '12345678901234567890.01'],
  ['boolean', false, 'No'],
  ['date', '2026-12-24', '24 December 2026'],
  ['date', 'someday', 'someday'],
  ['duration', 'P3D', '3 days'],
  ['duration', 'P1Y', 'P1Y'],
  ['person', { login: 'jane', name: 'Jane Doe' }, 'Jane Doe'],
  ['json', { outcome: 'Approve', by: {} }, 'Approve'],
  ['json', ['a', 'b'], 'a, b'],
  ['json', { a: 1 }, '{\n  "a": 1\n}'],
  ['string', '', '–'],
  ['string', null, '–'],
])('%s %j reads %s', (type, value, want) => expect(say(type, value)).toBe(want))

test('a moment is told in full', () => expect(say('dateTime', '2026-11-23T14:02:00Z')).toMatch(/^Monday,? 23 November 2026 at 15:02$/))
