import { t } from '../../text/en'
import { evidenceFacts } from './facts'
import './evidence.css'

/** What a decision by mail rests on, to be opened. Nothing when there is none. */
export function Evidence({ of }: { of: unknown }) {
  const facts = evidenceFacts(of)
  if (facts.length === 0) return null
  return (
    <details className="evidence">
      <summary>{t.mail.evidence}</summary>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
