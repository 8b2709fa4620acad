import { describe, expect, it } from 'vitest'
import { authorization, readable, target, type Trial } from './apistry'

const trial: Trial = { address: 'https://api.example.com/api/v1', path: '/me', kind: 'token', token: '', login: '', password: '' }

describe('a request that is tried', () => {
  it('carries what was given, however it was pasted', () => {
    expect(authorization(trial)).toBeUndefined()
    expect(authorization({ ...trial, token: ' Bearer  abc\n' })).toBe('Bearer abc')
    expect(authorization({ ...trial, kind: 'basic', login: 'jäne', password: 'x:y' })).toBe('Basic asOkbmU6eDp5')
    expect(authorization({ ...trial, kind: 'basic', password: 'x' })).toBeUndefined()
  })
  it('goes to this server, whatever it is called outside', () => {
    expect(target(trial)).toBe('/api/v1/me')
    expect(target({ ...trial, path: 'tasks?state=All' })).toBe('/api/v1/tasks?state=All')
  })
  it('shows JSON laid out, other text as it is, and not too much of either', () => {
    expect(readable('{"a":1}', '…')).toBe('{\n  "a": 1\n}')
    expect(readable('plain', '…')).toBe('plain')
    expect(readable('x'.repeat(30_000), 'more')).toMatch(/x\nmore$/)
  })
})
