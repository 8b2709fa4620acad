import { expect, test } from 'vitest'
import { safeNext, signInPath } from './session'

test.each([
  ['/tasks/12_3?x=1', '/tasks/12_3?x=1'],
  [null, '/inbox'],
  ['', '/inbox'],
  ['https://evil.test/', '/inbox'],
  ['//evil.test/', '/inbox'],
  ['/\\evil.test', '/inbox'],
  ['/\t/evil.test', '/inbox'],
  ['javascript:alert(1)', '/inbox'],
])('after signing in, %s leads to %s', (next, want) => expect(safeNext(next)).toBe(want))

test('the way back is carried, except to where everybody goes anyway', () => {
  expect(signInPath({ pathname: '/tasks/12_3', search: '?a=b' }, false)).toBe('/sign-in?next=%2Ftasks%2F12_3%3Fa%3Db')
  expect(signInPath({ pathname: '/inbox', search: '' }, true)).toBe('/sign-in?ended=1')
  expect(signInPath({ pathname: '/', search: '' }, false)).toBe('/sign-in')
})
