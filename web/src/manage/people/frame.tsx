import { Outlet } from 'react-router'
import { t } from '../../text/en'
import { Parts } from '../../ui/tabs/tabs'
import { WhyButton } from './why'
import './people.css'

const parts = [
  { to: '/manage/people/users', label: t.people.parts.users },
  { to: '/manage/people/groups', label: t.people.parts.groups },
  { to: '/manage/people/roles', label: t.people.parts.roles },
  { to: '/manage/people/rights', label: t.people.parts.rights },
]

/** People, groups, roles, and who may do what. */
export function PeopleFrame() {
  return (
    <>
      <div className="people-parts">
        <Parts label={t.people.title} parts={parts} />
        <WhyButton label={t.people.why.ofThis} />
      </div>
      <Outlet />
    </>
  )
}
