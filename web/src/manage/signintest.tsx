import { useQuery } from '@tanstack/react-query'
import { Refused } from '../signin/refused'
import { signInWords } from '../text/signin'
import { called } from '../words/person'
import { LinkButton } from '../ui/button/button'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { timeOf } from './signinwords'
import { signInTest } from './signinqueries'
import './manage.css'
import './signintest.css'

const works = ['known', 'link', 'create']

/** What a test of a provider found out: what it says, and who that would be here. */
export function TestResult({ test }: { test: string }) {
  const got = useQuery(signInTest(test))
  if (got.error) return <Failure error={got.error} action={<LinkButton to="/manage/signin">{signInWords.testedAgain}</LinkButton>} />
  if (!got.data) return <Skeleton rows={4} />
  const { failure, would, person, groups, source, subject, claims } = got.data
  return (
    <Section title={signInWords.tested} actions={<LinkButton to="/manage/signin">{signInWords.testedAgain}</LinkButton>}>
      {failure && <Refused why={failure} title={signInWords.testFailed} />}
      {would && <Message tone={works.includes(would) ? 'good' : 'warn'}>{signInWords.would[would]?.(person ? called(person) : '')}</Message>}
      {source && <p className="quiet test-words">{signInWords.identity(source, subject ?? '')}</p>}
      {groups.length > 0 && <p>{signInWords.groups(groups.join(', '))}</p>}
      {isObject(claims) && <Claims claims={claims} />}
    </Section>
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function Claims({ claims }: { claims: Record<string, unknown> }) {
  const { claim, value } = signInWords
  return (
    <>
      <h3>{signInWords.claims}</h3>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{claim}</th>
            <th scope="col">{value}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(claims).map(([name, said]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td data-label={value} className="test-words">
                <code>{typeof said === 'string' ? said : JSON.stringify(said)}</code>
                {timeOf(name, said) && (
                  <span className="quiet">
                    {' '}
                    <When at={timeOf(name, said)!} />
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
