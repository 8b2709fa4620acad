import { useEffect, useState } from 'react'
import type { ServiceTested } from '../api/types'
import { ConnectButton } from '../connect/connect'
import { servicesWords } from '../text/services'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { Steps } from './steps'
import './services.css'

const words = servicesWords.test

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
export function Tested({ result, again }: { result: ServiceTested; again?: () => void }) {
  const to = result.connect
  if (to)
    return (
      <Section title={words.title}>
        <Message tone="warn" live>
          {words.connect(to.title)}
        </Message>
        <ConnectButton
          resource={to.resource}
          title={to.title}
          look="primary"
          body={{ for: 'me', ...(to.audience ? { audience: to.audience } : {}), ...(to.claims ? { claims: to.claims } : {}) }}
          onDone={again}
        />
      </Section>
    )
  return (
    <Section title={words.title}>
      <Message tone={result.ok ? 'good' : 'bad'} live>
        {result.ok ? words.good : words.bad}
      </Message>
      <Steps of={result.steps.map((step) => ({ ...step, advice: step.ok ? undefined : step.do }))} />
    </Section>
  )
}
