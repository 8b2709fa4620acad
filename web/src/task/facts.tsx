import type { Variable } from '../api/types'
import { speech } from '../text/speech'
import { valueInWords } from '../words/value'
import './facts.css'

/** Names and values, to read. */
export function Facts({ variables }: { variables: readonly Variable[] }) {
  return (
    <dl className="facts">
      {variables.map((variable) => (
        <div key={variable.name}>
          <dt>{variable.label || variable.name}</dt>
          <dd className="prose">{valueInWords(variable, speech)}</dd>
        </div>
      ))}
    </dl>
  )
}
