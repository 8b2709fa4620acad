import type { DirectoryTested } from '../api/types'
import { directoryWords } from '../text/directories'
import { Badge } from '../ui/badge/badge'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { When } from '../ui/when/when'
import { Fact, Facts } from './entries'
import { Steps } from './steps'

const words = directoryWords

/** How far a test came, step by step, and whom it found. */
export function Tested({ result }: { result: DirectoryTested }) {
  return (
    <Section title={words.test}>
      <Message tone={result.ok ? 'good' : 'bad'} live>
        {result.ok ? words.tested.good : words.tested.bad}
      </Message>
      <Steps of={result.steps.map((step) => ({ name: words.steps[step.name] ?? step.name, ok: step.ok, found: step.words, advice: step.hint }))} />
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
      <Facts>
        <Fact name={names}>{of.names.join(', ') || of.subject}</Fact>
        <Fact name={issuer}>{of.issuer}</Fact>
        <Fact name={until}>
          <When at={of.until} />
        </Fact>
        <Fact name={hash} mono>
          {of.sha256}
        </Fact>
      </Facts>
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
