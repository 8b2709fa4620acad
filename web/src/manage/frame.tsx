import { Outlet, useLocation } from 'react-router'
import { t } from '../text/en'
import { Page } from '../ui/page/page'
import { Parts, within } from '../ui/tabs/tabs'

/** Who may come in, how, and what they may call. */
const access = [
  { to: '/manage/signin', label: t.signing.title },
  { to: '/manage/trust', label: t.trust.title },
  { to: '/manage/directories', label: t.directories.title },
  { to: '/manage/oauth', label: t.connections.title },
  { to: '/manage/apis', label: t.apis.title },
  { to: '/manage/doctor', label: t.doctor.title },
  { to: '/manage/changes', label: t.trust.changes.title },
]

const parts = [
  { to: '/manage/workflows', label: t.manage.workflows },
  { to: '/manage/instances', label: t.manage.instances },
  { to: '/manage/incidents', label: t.manage.incidents },
  { to: '/manage/services', label: t.services.title },
  { to: '/manage/exchange', label: t.exchange.title },
  { to: '/manage/mail', label: t.manage.mail },
  { to: '/manage/people', label: t.people.title },
  { to: '/manage/trust', label: t.manage.access, parts: access },
]

/** The pages for whoever keeps workflows running. */
export function ManageFrame() {
  const { pathname } = useLocation()
  return (
    <Page title={t.manage.title}>
      <Parts label={t.manage.title} parts={parts} />
      {within(access, pathname) && <Parts label={t.manage.access} parts={access} />}
      <Outlet />
    </Page>
  )
}
