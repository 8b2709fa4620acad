import { expect, test } from 'vitest'
import type { Service, ServiceInput, ServiceObject, ServiceType } from '../api/types'
import { columnsOf, draftOf, elsewhere, freshOf, inputOf, keysApart, matching, nameOf, settingsOf, shown } from './serviceswords'

const type: ServiceType = {
  name: 'echo', title: 'Echo', text: '', modes: ['service', 'static', 'none'],
  keys: [
    { name: 'url', title: 'Address', text: '', kind: 'text', required: true },
    { name: 'size', title: 'Page size', text: '', kind: 'number', default: '2', harmless: true },
    { name: 'token', title: 'Token', text: '', kind: 'secret' },
  ],
}
const service: Service = { name: 'office', title: 'Office', type: 'echo', canUse: true, canChange: true, mode: 'static', user: 'svc', hasPassword: true, keys: { url: 'https://a', size: '2' } }

test('a name is made of a title', () => {
  expect(nameOf('Office mail (new)')).toBe('office_mail_new')
  expect(nameOf('  3 Cafés & Bars ')).toBe('cafes_bars')
  expect(nameOf('___')).toBe('')
})

test('only what the mode takes is sent, and only secrets that were typed', () => {
  const draft = { ...freshOf(type), title: ' X ', resource: 'm365', user: 'me', password: 'pw', secrets: { token: '' } }
  expect(settingsOf(draft)).toEqual({ title: 'X', mode: 'service', resource: 'm365', audience: '', keys: { url: '', size: '2' }, secrets: {} })
  expect(settingsOf({ ...draft, mode: 'static' })).toMatchObject({ user: 'me', password: 'pw' })
  expect(settingsOf({ ...draft, mode: 'static' })).not.toHaveProperty('resource')
  expect(settingsOf({ ...draft, mode: 'none', secrets: { token: 's' } })).toEqual({ title: 'X', mode: 'none', keys: { url: '', size: '2' }, secrets: { token: 's' } })
})

test('secrets are typed again when calls may go elsewhere', () => {
  const draft = draftOf(service, type)
  expect(elsewhere(service, draft, type)).toBe(false)
  expect(elsewhere(service, { ...draft, title: 'Other', keys: { url: ' https://a ', size: '9' } }, type)).toBe(false)
  expect(elsewhere(service, { ...draft, keys: { ...draft.keys, url: 'https://b' } }, type)).toBe(true)
  expect(elsewhere(service, { ...draft, user: 'eve' }, type)).toBe(true)
  expect(elsewhere(service, { ...draft, mode: 'none' }, type)).toBe(true)
})

test('inputs are sent as their types say', () => {
  const input = (kind: ServiceInput['type'], list = false): ServiceInput => ({ name: 'x', type: kind, list })
  expect(inputOf(input('text'), '')).toBeUndefined()
  expect(inputOf(input('text'), ' a ')).toBe(' a ')
  expect(inputOf(input('number'), '1.50')).toBe('1.50')
  expect(inputOf(input('yesno'), 'no')).toBe(false)
  expect(inputOf(input('json'), '{"a":1}')).toEqual({ a: 1 })
  expect(() => inputOf(input('json'), '{')).toThrow()
  expect(inputOf(input('moment'), '2026-11-23T14:00Z')).toBe('2026-11-23T14:00:00.000Z')
  expect(inputOf(input('text', true), ['a', ' ', 'b '])).toEqual(['a', 'b'])
  expect(inputOf(input('text', true), [''])).toBeUndefined()
  expect(inputOf(input('file'), { name: 'a', type: '', content: '' })).toEqual({ name: 'a', type: '', content: '' })
})

test('values are shown for people', () => {
  const words = { yes: 'yes', no: 'no' }
  expect(shown(null, words)).toBe('')
  expect(shown(false, words)).toBe('no')
  expect(shown(['a', 1], words)).toBe('a, 1')
  expect(shown({ a: 1 }, words)).toBe('{"a":1}')
  expect(shown({ name: 'a.txt', content: 'aGk=' }, words)).toEqual({ name: 'a.txt', content: 'aGk=' })
  expect(columnsOf(['id', 'gone', 'to'], [{ to: 1, z: 1 }, { id: 1, b: 2 }])).toEqual(['id', 'to', 'b', 'z'])
})

test('objects are found by their methods too', () => {
  const object = (name: string, ...methods: string[]): ServiceObject => ({ name, title: name, properties: [], methods: methods.map((m) => ({ name: m, kind: 'execute', inputs: [], outputs: [] })) })
  const all = [object('Email', 'send', 'reply'), object('Folder', 'list')]
  expect(matching(all, 'SEND').map((one) => one.name)).toEqual(['Email'])
  expect(matching(all, 'fold').map((one) => one.name)).toEqual(['Folder'])
  expect(matching(all, ' ')).toHaveLength(2)
})

test('settings that most leave as they are fold away', () => {
  const key = (name: string, more: Partial<ServiceType['keys'][number]> = {}): ServiceType['keys'][number] => ({ name, title: name, text: '', kind: 'text', ...more })
  const names = (keys: ServiceType['keys']) => keysApart(keys).first.map((one) => one.name).join(' ')
  expect(names([key('a'), key('b'), key('c'), key('d')])).toBe('a b c d')
  expect(names([key('a'), key('b'), key('c'), key('d'), key('e', { required: true }), key('f', { kind: 'secret' })])).toBe('a b c e f')
})
