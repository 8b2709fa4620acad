import { describe, expect, it } from 'vitest'
import { actOf, differences } from './changeswords'

describe('what is different before and after', () => {
  it('names places and values, and leaves out what stayed', () => {
    expect(differences({ a: 1, b: { c: true, d: 'x' } }, { a: 1, b: { c: false, e: 'y' } })).toEqual([
      { path: 'b › c', before: 'true', after: 'false' },
      { path: 'b › d', before: 'x', after: undefined },
      { path: 'b › e', before: undefined, after: 'y' },
    ])
  })
  it('takes plain lists as one value', () => {
    expect(differences({ l: ['a', 'b'] }, { l: ['a', 'c'] })).toEqual([{ path: 'l', before: 'a, b', after: 'a, c' }])
  })
  it('knows things in lists by their names', () => {
    const before = { issuers: [{ name: 'b', x: 1 }] }
    const after = { issuers: [{ name: 'a', x: 1 }, { name: 'b', x: 2 }] }
    expect(differences(before, after).map((one) => one.path)).toEqual(['issuers › a › name', 'issuers › a › x', 'issuers › b › x'])
  })
  it('bears what is no object', () => {
    expect(differences(undefined, 'x')).toEqual([{ path: 'value', before: undefined, after: 'x' }])
    expect(differences(undefined, undefined)).toEqual([])
    expect(differences(null, [{ 0: [] }])).toEqual([{ path: '1 › 0', before: undefined, after: '' }])
  })
  it('stops somewhere', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]))
    expect(differences({}, many)).toHaveLength(200)
  })
  it('says whether it was made, changed or removed', () => {
    expect([actOf({ after: 1 }), actOf({ before: 1, after: 2 }), actOf({ before: 1 })]).toEqual(['made', 'changed', 'gone'])
  })
})
