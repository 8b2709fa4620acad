import { expect, test } from 'vitest'
import { mapOf } from './versionsmap'

test.each([
  ['', {}],
  ['ask=approve\n\n tell = told ', { ask: 'approve', tell: 'told' }],
])('%j is read', (text, want) => expect(mapOf(text)).toEqual(want))

test.each(['ask', 'ask=', '=approve', 'a=b=c', 'ask it=approve'])('%s says nothing', (text) => expect(mapOf(text)).toBeUndefined())
