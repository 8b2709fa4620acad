import type { Variable } from '../../api/types'
import { t } from '../../text/en'

/** What a form holds while it is filled in: text for every type but yes/no, as typed. */
export type Draft = Record<string, string | boolean>

type Field = Pick<Variable, 'name' | 'label' | 'type' | 'required' | 'choices' | 'value' | 'default'>

/** What the fields start with: the present value, else the default. */
export function draftOf(fields: readonly Field[]): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, shown(field, field.value ?? field.default)]))
}

function shown({ type }: Field, value: unknown): string | boolean {
  if (type === 'boolean') return value === true
  if (value === null || value === undefined) return ''
  if (type === 'json') return JSON.stringify(value, null, 2)
  if (type === 'dateTime' && typeof value === 'string') return localMoment(value)
  if (type === 'person' && typeof value === 'object') return personKey(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

// A person reaches us as a record or as a bare login; what goes back is the login.
function personKey(value: object): string {
  for (const key of ['login', 'id', 'user', 'email', 'name']) {
    const found = (value as Record<string, unknown>)[key]
    if (typeof found === 'string' && found) return found
  }
  return ''
}

export interface Read {
  values: Record<string, unknown>
  /** By field name, what to put right, in the order of the fields. */
  wrong: Map<string, string>
}

/** Reads a draft into what the server takes. Empty fields that may be empty are left out. */
export function readDraft(fields: readonly Field[], draft: Draft): Read {
  const values: Record<string, unknown> = {}
  const wrong = new Map<string, string>()
  for (const field of fields) {
    const typed = draft[field.name]
    if (typeof typed === 'boolean') {
      values[field.name] = typed
      continue
    }
    const text = (typed ?? '').trim()
    if (text === '') {
      if (field.required) wrong.set(field.name, t.field.missing(field.label || field.name))
      continue
    }
    const value = readOne(field.type, text)
    if ('wrong' in value) wrong.set(field.name, value.wrong)
    else values[field.name] = value.is
  }
  return { values, wrong }
}

type One = { is: unknown } | { wrong: string }

function readOne(type: Field['type'], text: string): One {
  switch (type) {
    case 'number':
      return readNumber(text)
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? { is: text } : { wrong: t.field.date }
    case 'dateTime': {
      const at = new Date(text)
      return Number.isNaN(at.getTime()) ? { wrong: t.field.date } : { is: at.toISOString() }
    }
    case 'duration':
      return isDuration(text) ? { is: text } : { wrong: t.field.duration }
    case 'json':
      try {
        return { is: JSON.parse(text) as unknown }
      } catch {
        return { wrong: t.field.json }
      }
    default:
      return { is: text }
  }
}

// Money must not pass through a binary float: a number that would not survive
// goes over as text, which the server reads exactly.
function readNumber(text: string): One {
  const plain = text.replace(/[\s\u00a0\u202f'’]/g, '').replace(/^(-?\d+),(\d+)$/, '$1.$2')
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain)) return { wrong: t.field.number }
  const digits = plain.replace(/[^\d]/g, '').replace(/^0+/, '')
  return { is: digits.length <= 15 ? Number(plain) : plain.replace(/^\+/, '') }
}

export const units = ['minutes', 'hours', 'days', 'weeks'] as const
export type Unit = (typeof units)[number]

/** Splits an ISO duration of one unit, "P3D", into number and unit. */
export function splitDuration(iso: string): { amount: string; unit: Unit } | undefined {
  const found = /^P(?:(\d+)D|T(\d+)H|T(\d+)M|(\d+)W)$/.exec(iso)
  if (!found) return undefined
  const [, days, hours, minutes, weeks] = found
  if (weeks) return { amount: weeks, unit: 'weeks' }
  if (days) return Number(days) % 7 === 0 && Number(days) > 7 ? { amount: String(Number(days) / 7), unit: 'weeks' } : { amount: days, unit: 'days' }
  if (hours) return { amount: hours, unit: 'hours' }
  return minutes ? { amount: minutes, unit: 'minutes' } : undefined
}

/** Joins number and unit into an ISO duration. Weeks become days, which every reader of durations knows. */
export function joinDuration(amount: string, unit: Unit): string {
  const n = amount.trim()
  if (n === '') return ''
  if (!/^\d+$/.test(n)) return n
  switch (unit) {
    case 'weeks':
      return `P${Number(n) * 7}D`
    case 'days':
      return `P${n}D`
    case 'hours':
      return `PT${n}H`
    case 'minutes':
      return `PT${n}M`
  }
}

function isDuration(text: string): boolean {
  return /^-?P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/.test(text)
}

/** A moment as the browser's own date-and-time field wants it, in local time. */
export function localMoment(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return ''
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}
