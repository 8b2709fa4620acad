import { useEffect, useState } from 'react'
import { sentence } from '../api/problem'
import type { ServiceTested } from '../api/types'
import { t } from '../text/en'
import { Icon } from '../ui/icon/icon'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'

const words = t.services.test

/** That a test is under way, and for how long. */
export function Testing({ on }: { on: boolean }) {
  return <div role="status">{on && <Progress />}</div>
}

function Progress() {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds((now) => now + 1), 1000)
    return () => clearInterval(timer)
  }, [])
  return (
    <>
      <progress className="service-progress" aria-label={words.title} />
      <p className="quiet" aria-hidden="true">
        {words.running(seconds)}
      </p>
    </>
  )
}

/** How far a test came, step by step. */
export function Tested({ result }: { result: ServiceTested }) {
  return (
    <Section title={words.title}>
      <Message tone={result.ok ? 'good' : 'bad'} live>
        {result.ok ? words.good : words.bad}
      </Message>
      <ol className="service-steps">
        {result.steps.map((step, place) => (
          <li key={place} className={step.ok ? 'good' : 'bad'}>
            <Icon name={step.ok ? 'check' : 'close'} />
            <span>
              <strong>{step.name}</strong> <span className="unseen">{words.state(step.ok)}</span>
              <br />
              {sentence(step.found)}
              {!step.ok && step.do && <span className="service-do">{sentence(step.do)}</span>}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  )
}
