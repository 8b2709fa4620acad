import type { DirectoryTested } from '../api/types'
import { sentence } from '../api/problem'
import { t } from '../text/en'
import { Badge } from '../ui/badge/badge'
import { Icon } from '../ui/icon/icon'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { When } from '../ui/when/when'

const words = t.directories

/** How far a test came, step by step, and whom it found. */
export function Tested({ result }: { result: DirectoryTested }) {
  return (
    <Section title={words.test}>
      <Message tone={result.ok ? 'good' : 'bad'} live>
        {result.ok ? words.tested.good : words.tested.bad}
      </Message>
      <ol className="directory-steps">
        {result.steps.map((step, place) => (
          <li key={place} className={step.ok ? 'good' : 'bad'}>
            <Icon name={step.ok ? 'check' : 'close'} />
            <span>
              <strong>{words.steps[step.name] ?? step.name}</strong> <span className="unseen">{words.stepState(step.ok)}</span>
              <br />
              {step.words}
              {step.hint && <span className="quiet directory-hint">{sentence(step.hint)}</span>}
            </span>
          </li>
        ))}
      </ol>
      {result.certificate && <Certificate of={result.certificate} />}
      {result.people.length > 0 && <People of={result.people} />}
      {result.groups.length > 0 && <Groups of={result.groups} />}
    </Section>
  )
}

function Certificate({ of }: { of: NonNullable<DirectoryTested['certificate']> }) {
  const { title, names, issuer, until, hash } = words.certificate
  return (
    <div className="stack">
      <h3 className="directory-small">{title}</h3>
      <dl className="entry-facts">
        <div>
          <dt>{names}</dt>
          <dd>{of.names.join(', ') || of.subject}</dd>
        </div>
        <div>
          <dt>{issuer}</dt>
          <dd>{of.issuer}</dd>
        </div>
        <div>
          <dt>{until}</dt>
          <dd>
            <When at={of.until} />
          </dd>
        </div>
        <div>
          <dt>{hash}</dt>
          <dd className="mono directory-hash">{of.sha256}</dd>
        </div>
      </dl>
    </div>
  )
}

function People({ of }: { of: DirectoryTested['people'] }) {
  const { people, name, login, addresses, disabled } = words.sample
  return (
    <div className="stack">
      <h3 className="directory-small">{people}</h3>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{name}</th>
            <th scope="col">{login}</th>
            <th scope="col">{addresses}</th>
          </tr>
        </thead>
        <tbody>
          {of.map((one) => (
            <tr key={one.dn}>
              <th scope="row">
                {one.name} {one.disabled && <Badge>{disabled}</Badge>}
              </th>
              <td data-label={login}>{one.login}</td>
              <td data-label={addresses}>{one.addresses.join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Groups({ of }: { of: DirectoryTested['groups'] }) {
  const { groups, name, members } = words.sample
  return (
    <div className="stack">
      <h3 className="directory-small">{groups}</h3>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{name}</th>
            <th scope="col">{members}</th>
          </tr>
        </thead>
        <tbody>
          {of.map((one) => (
            <tr key={one.dn}>
              <th scope="row">{one.name}</th>
              <td data-label={members}>{one.members.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
