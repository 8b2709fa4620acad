import { expect, test } from 'vitest'
import { belongsElsewhere } from './letters'

const plain = { ctrlKey: false, metaKey: false, altKey: false, defaultPrevented: false, isComposing: false }
const body = { tagName: 'BODY', editable: false, inOverlay: false }

test('a letter on the page acts, a letter in a field, a menu or a chord does not', () => {
  expect(belongsElsewhere(plain, body)).toBe(false)
  expect(belongsElsewhere(plain, { ...body, tagName: 'BUTTON' })).toBe(false)
  expect(belongsElsewhere(plain, { ...body, tagName: 'TEXTAREA' })).toBe(true)
  expect(belongsElsewhere(plain, { ...body, editable: true })).toBe(true)
  expect(belongsElsewhere(plain, { ...body, inOverlay: true })).toBe(true)
  for (const held of ['ctrlKey', 'metaKey', 'altKey', 'isComposing', 'defaultPrevented'] as const) {
    expect(belongsElsewhere({ ...plain, [held]: true }, body)).toBe(true)
  }
})
