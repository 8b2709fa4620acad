import { Outlet, useMatch, useSearchParams } from 'react-router'
import { t } from '../../text/en'
import { Parts } from '../../ui/tabs/tabs'
import { WhyButton } from './why'
import '../manage.css'
import './people.css'

const parts = [
  { to: '/manage/people/users', label: t.people.parts.users },
  { to: '/manage/people/groups', label: t.people.parts.groups },
  { to: '/manage/people/roles', label: t.people.parts.roles },
  { to: '/manage/people/rights', label: t.people.parts.rights },
]

/** People, groups, roles, and who may do what. */
export function PeopleFrame() {
  const onPerson = useMatch('/manage/people/users/:id') // a person's page has the question with their name
  const [params] = useSearchParams()
  const on = params.get('on')
  return (
    <>
      <div className="people-parts">
        <Parts label={t.people.title} parts={parts} />
        {!onPerson && <WhyButton key={on} label={t.people.why.ofThis} {...(on && { thing: on })} />}
      </div>
      <Outlet />
    </>
  )
}
