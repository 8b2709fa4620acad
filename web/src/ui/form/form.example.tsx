import { useState } from 'react'
import type { Variable } from '../../api/types'
import { Fields, FormSummary } from './form'
import { draftOf } from './values'

const fields: Variable[] = [
  { name: 'days', label: 'Days', type: 'number', required: true, default: 3 },
  { name: 'kind', label: 'Kind', type: 'string', choices: ['Holiday', 'Unpaid'] },
  { name: 'from', label: 'From', type: 'date' },
  { name: 'notice', label: 'Notice', type: 'duration', default: 'P3D' },
  { name: 'team', label: 'The team knows', type: 'boolean' },
  { name: 'why', label: 'Why', type: 'text' },
]
const wrong = new Map([['kind', 'Fill in “Kind”.']])

export default function Example() {
  const [draft, setDraft] = useState(() => draftOf(fields))
  return (
    <div className="stack">
      <FormSummary wrong={wrong} title="1 thing to put right" />
      <Fields fields={fields} draft={draft} wrong={wrong} onChange={(name, value) => setDraft({ ...draft, [name]: value })} />
    </div>
  )
}
