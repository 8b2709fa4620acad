import { useEffect, useRef, useState } from 'react'
import type { CopyText, Diagnosis, DiagnosisCheck, Fault } from '../api/types'
import { sentence } from '../api/problem'
import { doctorWords } from '../text/doctor'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { Icon } from '../ui/icon/icon'
import { Section } from '../ui/page/page'
import { isFirst, nameOf, signs, sorted } from './doctorwords'
import './doctor.css'

interface Props {
  diagnosis: Diagnosis
  /** Somebody pressed a button for it: the first line takes the focus, so that it is read aloud. */
  asked?: boolean
}

/** What the doctor says: the fault, large; then every check. */
export function DiagnosisView({ diagnosis, asked = false }: Props) {
  const { open, quiet } = sorted(diagnosis.checks)
  const others = open.filter((one) => !isFirst(one, diagnosis))
  return (
    <div className="diagnosis">
      <Verdict diagnosis={diagnosis} asked={asked} />
      {diagnosis.notes.length > 0 && (
        <div className="doctor-notes quiet small">
          {doctorWords.notes}: {diagnosis.notes.map((one) => sentence(one)).join(' ')}
        </div>
      )}
      <Section title={doctorWords.checks} plain>
        {open.length > 0 && (
          <ul className="doctor-checks">
            {open.filter((one) => isFirst(one, diagnosis)).map((one, n) => (
              <Check key={`first ${n}`} check={one} told />
            ))}
            {others.map((one, n) => (
              <Check key={n} check={one} />
            ))}
          </ul>
        )}
        {quiet.length > 0 && (
          <details className="doctor-quiet">
            <summary>{doctorWords.passed(quiet.length)}</summary>
            <ul className="doctor-checks">
              {quiet.map((one, n) => (
                <Check key={n} check={one} />
              ))}
            </ul>
          </details>
        )}
      </Section>
      {diagnosis.facts.length > 0 && (
        <Section title={doctorWords.facts} plain>
          <dl className="doctor-facts">
            {diagnosis.facts.map((one) => (
              <div key={one.name}>
                <dt>{one.name}</dt>
                <dd>{one.value}</dd>
              </div>
            ))}
          </dl>
        </Section>
      )}
    </div>
  )
}

function Verdict({ diagnosis, asked }: Props) {
  const line = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (asked) line.current?.focus()
  }, [diagnosis, asked])
  return (
    <section className={diagnosis.ok ? 'verdict good' : 'verdict bad'} aria-labelledby="verdict">
      <Icon name={diagnosis.ok ? 'good' : 'alert'} />
      <div className="verdict-text">
        <h2 id="verdict" ref={line} tabIndex={-1}>
          {sentence(diagnosis.line)}
        </h2>
        {diagnosis.fault && <FaultView fault={diagnosis.fault} />}
      </div>
    </section>
  )
}

/** Who mends it, where, how, and the exact values. */
function FaultView({ fault }: { fault: Fault }) {
  return (
    <>
      <dl className="doctor-do">
        <div>
          <dt>{doctorWords.who}</dt>
          <dd>{doctorWords.people[fault.who]}</dd>
        </div>
        {fault.where && (
          <div>
            <dt>{doctorWords.where}</dt>
            <dd>{sentence(fault.where).replace(/\.$/, '')}</dd>
          </div>
        )}
        {fault.do && (
          <div>
            <dt>{doctorWords.what}</dt>
            <dd>{sentence(fault.do)}</dd>
          </div>
        )}
      </dl>
      {fault.copy.map((one, n) => (
        <Exactly key={n} copy={one} />
      ))}
    </>
  )
}

function Exactly({ copy }: { copy: CopyText }) {
  const kind = doctorWords.kinds[copy.for]
  const name = kind ? `${kind}: ${copy.what}` : copy.what
  return (
    <figure className="exactly">
      <figcaption>
        <span>{sentence(name).replace(/\.$/, '')}</span>
        <CopyButton text={copy.text} name={name} />
      </figcaption>
      <pre tabIndex={0} aria-label={name}>
        {copy.text}
      </pre>
    </figure>
  )
}

function CopyButton({ text, name }: { text: string; name: string }) {
  const [copied, setCopied] = useState('')
  if (!window.isSecureContext) return null
  const done = copied === text
  return (
    <Button look="subtle" icon={done ? 'check' : undefined} aria-label={`${done ? doctorWords.copied : doctorWords.copy}: ${name}`} onPress={() => void navigator.clipboard.writeText(text).then(() => setCopied(text))}>
      {done ? doctorWords.copied : doctorWords.copy}
    </Button>
  )
}

/** One check. told: its fault stands at the top already. */
function Check({ check, told = false }: { check: DiagnosisCheck; told?: boolean }) {
  const sign = signs[check.result]
  const busy = check.result === 'failed' || check.result === 'warning'
  return (
    <li className="doctor-check">
      <p className="doctor-check-top">
        <Badge tone={sign.tone} icon={sign.icon}>
          {doctorWords.results[check.result]}
        </Badge>
        <span className="doctor-check-name">{nameOf(check)}</span>
      </p>
      {(check.expected || check.found) && (
        <dl className="doctor-values small">
          {check.expected && busy && <Line name={doctorWords.expected} value={check.expected} />}
          {check.found && <Line name={doctorWords.found} value={check.found} />}
        </dl>
      )}
      {check.fault && !told && (
        <>
          <p className="doctor-check-line">{sentence(check.fault.line)}</p>
          <FaultView fault={check.fault} />
        </>
      )}
    </li>
  )
}

function Line({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
