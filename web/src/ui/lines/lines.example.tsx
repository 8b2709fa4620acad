import { useState } from 'react'
import { Lines } from './lines'

export default function Example() {
  const [values, setValues] = useState(['api://signoff', '4f9f6c1e-0000-4000-8000-000000000000'])
  return <Lines label="Audiences" help="One a line." values={values} onChange={setValues} error={undefined} />
}
