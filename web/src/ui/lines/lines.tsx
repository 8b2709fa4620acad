import { useState } from 'react'
import { TextArea } from '../field/field'
import { linesOf, valuesOf } from './values'

interface Props {
  label: string
  help?: string
  values: readonly string[] | undefined
  onChange: (values: string[]) => void
  error: string | undefined
}

/** A list, one value a line. What is typed stays as typed until it is left. */
export function Lines({ label, help, values, onChange, error }: Props) {
  const [text, setText] = useState(linesOf(values))
  const type = (next: string) => {
    setText(next)
    onChange(valuesOf(next))
  }
  return <TextArea label={label} help={help} value={text} onChange={type} error={error} rows={2} mono />
}
