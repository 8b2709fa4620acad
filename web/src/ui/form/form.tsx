import { useEffect, useRef, useState } from 'react'
import type { Variable } from '../../api/types'
import { t } from '../../text/en'
import { Check, Select, TextArea, TextField } from '../field/field'
import { PersonPicker } from '../person/picker'
import { joinDuration, splitDuration, units, type Draft, type Unit } from './values'
import './form.css'

interface FieldsProps {
  fields: readonly Variable[]
  draft: Draft
  wrong: ReadonlyMap<string, string>
  onChange: (name: string, value: string | boolean) => void
}

/** One control per variable, chosen by its type. */
export function Fields({ fields, draft, wrong, onChange }: FieldsProps) {
  return (
    <div className="stack fields">
      {fields.map((field) => (
        <div key={field.name} id={fieldId(field.name)}>
          <Control field={field} value={draft[field.name] ?? ''} error={wrong.get(field.name)} onChange={(value) => onChange(field.name, value)} />
        </div>
      ))}
    </div>
  )
}

interface ControlProps {
  field: Variable
  value: string | boolean
  error: string | undefined
  onChange: (value: string | boolean) => void
}

function Control({ field, value, error, onChange }: ControlProps) {
  const label = field.label || field.name
  const shared = { label, value: String(value), onChange, error, required: field.required ?? false, name: field.name }
  if (field.choices?.length) return <Select {...shared} options={choicesOf(field)} />
  switch (field.type) {
    case 'boolean':
      return <Check label={label} value={value === true} onChange={onChange} error={error} name={field.name} />
    case 'text':
      return <TextArea {...shared} rows={4} />
    case 'json':
      return <TextArea {...shared} rows={6} mono help={t.field.jsonHelp} />
    case 'number':
      return <TextField {...shared} inputMode="decimal" autoComplete="off" />
    case 'date':
      return <TextField {...shared} type="date" />
    case 'dateTime':
      return <TextField {...shared} type="datetime-local" />
    case 'duration':
      return <DurationField {...shared} />
    case 'person':
      return <PersonPicker {...shared} />
    default:
      return <TextField {...shared} />
  }
}

function choicesOf(field: Variable) {
  const choices = (field.choices ?? []).map((choice) => ({ id: choice, label: choice }))
  return choices
}

interface DurationProps {
  label: string
  value: string
  onChange: (value: string) => void
  error: string | undefined
  required: boolean
  name: string
}

function DurationField({ label, value, onChange, error, required, name }: DurationProps) {
  const parts = splitDuration(value)
  const [unit, setUnit] = useState<Unit>(parts?.unit ?? 'days')
  const amount = parts && parts.unit === unit ? parts.amount : parts ? amountIn(value, unit) : value
  return (
    <div className="duration">
      <TextField label={label} name={name} value={amount} onChange={(n) => onChange(joinDuration(n, unit))} inputMode="numeric" error={error} required={required} autoComplete="off" />
      <Select
        label={t.field.unit(label)}
        unseenLabel
        value={unit}
        onChange={(next) => {
          setUnit(next as Unit)
          onChange(joinDuration(amount, next as Unit))
        }}
        options={units.map((id) => ({ id, label: t.field.units[id] }))}
      />
    </div>
  )
}

// Two weeks typed as 14 days stay 14 while the unit says days.
function amountIn(iso: string, unit: Unit): string {
  const days = /^P(\d+)D$/.exec(iso)?.[1]
  if (days && unit === 'days') return days
  if (days && unit === 'weeks') return String(Number(days) / 7)
  return splitDuration(iso)?.amount ?? iso
}

export function fieldId(name: string): string {
  return `field-${name}`
}

/**
 * What stands above a form that was refused: every complaint with a jump to its
 * field. It takes focus when it appears, so that it is read.
 */
export function FormSummary({ wrong, title, rest = [] }: { wrong: ReadonlyMap<string, string>; title: string; rest?: readonly string[] }) {
  const heading = useRef<HTMLParagraphElement>(null)
  useEffect(() => heading.current?.focus(), [wrong])
  if (wrong.size === 0 && rest.length === 0) return null
  return (
    <div className="form-summary" role="group" aria-labelledby="form-summary-title">
      <p ref={heading} id="form-summary-title" tabIndex={-1} className="form-summary-title">
        {title}
      </p>
      <ul>
        {[...wrong].map(([name, text]) => (
          <li key={name}>
            <a href={`#${fieldId(name)}`} onClick={(event) => jump(event, name)}>
              {text}
            </a>
          </li>
        ))}
        {rest.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </div>
  )
}

function jump(event: React.MouseEvent, name: string) {
  event.preventDefault()
  document.getElementById(fieldId(name))?.querySelector<HTMLElement>('input, textarea, button')?.focus()
}
