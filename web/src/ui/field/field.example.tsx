import { useState } from 'react'
import { Check, Select, TextArea, TextField } from './field'

export default function Example() {
  const [text, setText] = useState('')
  const [kind, setKind] = useState('')
  const [yes, setYes] = useState(true)
  return (
    <div className="stack">
      <TextField label="Days" value={text} onChange={setText} required help="Half days count." />
      <TextField label="Amount" value="three" onChange={() => {}} error="Write a number, such as 3 or 2.5." />
      <TextArea label="Comment" value="" onChange={() => {}} />
      <Select label="Kind" value={kind} onChange={setKind} options={[{ id: 'h', label: 'Holiday' }, { id: 'u', label: 'Unpaid' }]} />
      <Check label="Tell the team" value={yes} onChange={setYes} />
    </div>
  )
}
