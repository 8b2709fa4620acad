import { Outlet } from 'react-router'
import { t } from '../text/en'
import { Page } from '../ui/page/page'
import { Parts } from '../ui/tabs/tabs'

const parts = [
  { to: '/manage/workflows', label: t.manage.workflows },
  { to: '/manage/instances', label: t.manage.instances },
  { to: '/manage/incidents', label: t.manage.incidents },
  { to: '/manage/mail', label: t.manage.mail },
  { to: '/manage/trust', label: t.trust.title },
  { to: '/manage/changes', label: t.trust.changes.title },
]

/** The pages for whoever keeps workflows running. */
export function ManageFrame() {
  return (
    <Page title={t.manage.title}>
      <Parts label={t.manage.title} parts={parts} />
      <Outlet />
    </Page>
  )
}
