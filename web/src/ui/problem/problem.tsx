import { useState } from 'react'
import { ApiProblem, problemOf } from '../../api/problem'
import { absolute } from '../../words/time'
import { speech } from '../../text/speech'
import { t } from '../../text/en'
import { Button } from '../button/button'
import { Icon } from '../icon/icon'
import { Advice } from '../advice/advice'
import { forSupport, problemWords } from './words'
import './problem.css'

interface CardProps {
  title: string
  why: string
  /** The one button that puts it right. */
  action?: React.ReactNode
  facts?: readonly (readonly [string, string])[]
  children?: React.ReactNode
}

/** How every failure reads: what did not happen, why, one button, details folded away. */
export function ProblemCard({ title, why, action, facts = [], children }: CardProps) {
  return (
    <section className="problem" role="alert">
      <Icon name="alert" />
      <div className="problem-body">
        <p className="problem-title">{title}</p>
        <p>
          <Advice text={why} />
        </p>
        {children}
        {action && <div className="row problem-action">{action}</div>}
        {facts.length > 0 && <Facts facts={facts} />}
      </div>
    </section>
  )
}

function Facts({ facts }: { facts: readonly (readonly [string, string])[] }) {
  const [copied, setCopied] = useState(false)
  const copy = () => void navigator.clipboard.writeText(forSupport(facts)).then(() => setCopied(true))
  return (
    <details className="problem-details">
      <summary>{t.problem.details}</summary>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {window.isSecureContext && (
        <Button look="subtle" onPress={copy}>
          {copied ? t.common.copied : t.problem.copy}
        </Button>
      )}
    </details>
  )
}

/** A refusal of the server, or the lack of an answer. */
export function Failure({ error, retry, action }: { error: unknown; retry?: () => void; action?: React.ReactNode }) {
  const problem = problemOf(error)
  const { title, why } = problemWords(problem)
  const again = retry && problem.passing ? <Button onPress={retry}>{t.common.retry}</Button> : undefined
  return <ProblemCard title={title} why={why} action={action ?? again} facts={factsOf(problem)} />
}

function factsOf(problem: ApiProblem): [string, string][] {
  const facts: [string, string][] = [
    [t.problem.time, absolute(problem.at, speech)],
    [t.problem.code, problem.code],
  ]
  if (problem.status > 0) facts.push([t.problem.status, String(problem.status)])
  if (problem.requestId) facts.push([t.problem.request, problem.requestId])
  if (problem.code === 'page-failed') facts.push([t.problem.where, problem.detail])
  for (const field of problem.fields) facts.push([field.field, field.detail])
  return facts
}
