import type { Service, ServiceInput, ServiceObject, ServiceSettings, ServiceType, ServiceTypeKey } from '../api/types'

/** A service as it is typed. */
export interface Draft {
  name: string
  /** The name was typed, and does not follow the title any more. */
  named: boolean
  title: string
  type: string
  mode: string
  resource: string
  audience: string
  user: string
  password: string
  keys: Record<string, string>
  secrets: Record<string, string>
}

/** What a new service of a type begins with. */
export function freshOf(type: ServiceType): Draft {
  const keys = Object.fromEntries(type.keys.filter((key) => key.kind !== 'secret').map((key) => [key.name, key.default ?? '']))
  return { name: '', named: false, title: '', type: type.name, mode: type.modes[0] ?? 'none', resource: '', audience: '', user: '', password: '', keys, secrets: {} }
}

// So many keys stand in the open; of more, those that can be left as they are fold away.
const openKeys = 4

/** The keys to enter, and those that most services leave as they are. */
export function keysApart(keys: readonly ServiceTypeKey[]): { first: ServiceTypeKey[]; more: ServiceTypeKey[] } {
  const open = new Set(keys.filter((key, place) => keys.length <= openKeys || key.required || key.kind === 'secret' || key.kind === 'document' || place < openKeys - 1))
  return { first: keys.filter((key) => open.has(key)), more: keys.filter((key) => !open.has(key)) }
}

/** The draft a change begins with. */
export function draftOf(service: Service, type: ServiceType): Draft {
  const { name, title, mode, resource = '', audience = '', user = '', keys = {} } = service
  return { ...freshOf(type), name, named: true, title, mode: mode ?? 'none', resource, audience, user, keys: { ...freshOf(type).keys, ...keys } }
}

/** A name made of a title: "Office mail (new)" becomes office_mail_new. */
export function nameOf(title: string): string {
  const plain = title.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase()
  return plain.replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 40)
}

export const byToken = (mode: string) => mode === 'service' || mode === 'caller' || mode === 'app'

/** What is sent: only what the mode takes, and only secrets that were typed. */
export function settingsOf(draft: Draft): ServiceSettings {
  const mode = draft.mode as ServiceSettings['mode']
  const secrets = Object.fromEntries(Object.entries(draft.secrets).filter(([, text]) => text !== ''))
  return {
    title: draft.title.trim(),
    mode,
    keys: draft.keys,
    secrets,
    ...(byToken(mode) ? { resource: draft.resource, audience: draft.audience.trim() } : {}),
    ...(mode === 'static' ? { user: draft.user.trim(), ...(draft.password ? { password: draft.password } : {}) } : {}),
  }
}

/** Tells whether secrets that are kept have to be typed again: calls may go elsewhere than they went. */
export function elsewhere(was: Service, draft: Draft, type: ServiceType): boolean {
  const now = settingsOf(draft)
  if (was.mode !== now.mode || (was.resource ?? '') !== (now.resource ?? '') || (was.audience ?? '') !== (now.audience ?? '') || (was.user ?? '') !== (now.user ?? '')) return true
  return type.keys.some((key) => key.kind !== 'secret' && !key.harmless && (was.keys?.[key.name] ?? '') !== ((draft.keys[key.name] ?? '').trim() || (key.default ?? '')))
}

/** The objects with something that is called like that; all of them for nothing typed. */
export function matching(objects: readonly ServiceObject[], typed: string): ServiceObject[] {
  const q = typed.trim().toLowerCase()
  const like = (...texts: (string | undefined)[]) => texts.some((text) => text?.toLowerCase().includes(q))
  return objects.filter((one) => !q || like(one.name, one.title) || one.methods.some((method) => like(method.name, method.title)))
}

/** What was typed or chosen for an input; undefined: nothing. Throws on JSON that is none. */
export function inputOf(input: ServiceInput, typed: Typed | undefined): unknown {
  if (typed === undefined || typed === '') return undefined
  if (input.type === 'file' || typeof typed === 'object') {
    if (Array.isArray(typed)) {
      const some = typed.filter((one) => one.trim() !== '').map((one) => single(input, one.trim()))
      return some.length > 0 ? some : undefined
    }
    return typed
  }
  return single(input, typed)
}

function single(input: ServiceInput, text: string): unknown {
  switch (input.type) {
    case 'yesno':
      return text === 'yes'
    case 'moment':
      return momentOf(text)
    case 'json':
      return JSON.parse(text) as unknown
    default:
      return text // a number goes as it was typed: the server reads it without rounding
  }
}

/** A moment typed here in local time, as it is sent. */
function momentOf(text: string): string {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? text : at.toISOString()
}

export interface FileValue {
  name: string
  type: string
  content: string
}

export type Typed = string | string[] | FileValue

/** A value of a result for people: a short text, or a file to save. */
export function shown(value: unknown, words: { yes: string; no: string }): string | FileValue {
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return value ? words.yes : words.no
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(', ')
  if (isFile(value)) return value
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value as string | number)
}

export function isFile(value: unknown): value is FileValue {
  return typeof value === 'object' && value !== null && 'name' in value && 'content' in value && typeof value.content === 'string' && typeof value.name === 'string'
}

/** The columns of rows: as the method names them, then what else there is. */
export function columnsOf(outputs: readonly string[], rows: readonly Record<string, unknown>[]): string[] {
  const has = new Set(rows.flatMap((row) => Object.keys(row)))
  return [...outputs.filter((name) => has.has(name)), ...[...has].filter((name) => !outputs.includes(name)).sort()]
}
