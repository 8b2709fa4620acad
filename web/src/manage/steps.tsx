import { sentence } from '../api/problem'
import { servicesWords } from '../text/services'
import { Advice } from '../ui/advice/advice'
import { Icon } from '../ui/icon/icon'
import './entries.css'

export interface Step {
  name: string
  ok: boolean
  /** What was found, in a sentence. */
  found: string
  /** The provider's own words. */
  said?: string | undefined
  /** Who mends it, and how. */
  advice?: string | undefined
}

/** How far a test came, step by step. */
export function Steps({ of }: { of: readonly Step[] }) {
  return (
    <ol className="entry-steps">
      {of.map((step, place) => (
        <li key={place} className={step.ok ? 'good' : 'bad'}>
          <Icon name={step.ok ? 'check' : 'close'} />
          <span>
            <strong>{step.name}</strong> <span className="unseen">{servicesWords.test.state(step.ok)}</span>
            <br />
            {sentence(step.found)}
            {step.said && <span className="quiet small entry-said">{step.said}</span>}
            {step.advice && (
              <span className="entry-do">
                <Advice text={sentence(step.advice)} />
              </span>
            )}
          </span>
        </li>
      ))}
    </ol>
  )
}
