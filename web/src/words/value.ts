import type { Variable } from '../api/types'
import { t } from '../text/en'
import { splitDuration } from '../ui/form/values'
import { absolute, type Speech } from './time'

/** A value as people read it. */
export function valueInWords({ type, value }: Pick<Variable, 'type' | 'value'>, speech: Speech): string {
  if (value === null || value === undefined || value === '') return t.common.none
  if (typeof value === 'boolean') return value ? t.common.yes : t.common.no
  if (typeof value === 'number') return new Intl.NumberFormat(speech.locale, { maximumFractionDigits: 20 }).format(value)
  if (typeof value === 'object') return objectInWords(value)
  const text = String(value)
  if (type === 'date' && /^\d{4}-\d{2}-\d{2}$/.test(text)) {
    return new Intl.DateTimeFormat(speech.locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${text}T00:00:00Z`))
  }
  if (type === 'dateTime' && !Number.isNaN(Date.parse(text))) return absolute(new Date(text), speech)
  if (type === 'duration') return durationInWords(text, speech)
  return text
}

// A person is a record with a name, a task's result one with an outcome.
function objectInWords(value: object): string {
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(', ')
  const record = value as Record<string, unknown>
  if (typeof record.name === 'string' && ('login' in record || 'email' in record || 'user' in record)) return record.name
  if (typeof record.outcome === 'string') return record.outcome
  return JSON.stringify(value, null, 2)
}

function durationInWords(iso: string, { locale }: Speech): string {
  const parts = splitDuration(iso)
  if (!parts) return iso
  const unit = parts.unit.slice(0, -1)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(Number(parts.amount))
}
