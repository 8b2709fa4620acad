import { Outlet, useMatch, useSearchParams } from 'react-router'
import { peopleWords } from '../../text/people'
import { Parts } from '../../ui/tabs/tabs'
import { WhyButton } from './why'
import '../manage.css'
import './people.css'

const parts = [
  { to: '/manage/people/users', label: peopleWords.parts.users },
  { to: '/manage/people/groups', label: peopleWords.parts.groups },
  { to: '/manage/people/roles', label: peopleWords.parts.roles },
  { to: '/manage/people/rights', label: peopleWords.parts.rights },
]

/** People, groups, roles, and who may do what. */
export function PeopleFrame() {
  const onPerson = useMatch('/manage/people/users/:id') // a person's page has the question with their name
  const [params] = useSearchParams()
  const on = params.get('on')
  return (
    <>
      <div className="people-parts">
        <Parts label={peopleWords.title} parts={parts} />
        {!onPerson && <WhyButton key={on} label={peopleWords.why.ofThis} {...(on && { thing: on })} />}
      </div>
      <Outlet />
    </>
  )
}
