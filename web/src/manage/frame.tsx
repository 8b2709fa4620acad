import { Outlet, useLocation } from 'react-router'
import { t } from '../text/en'
import { apisWords } from '../text/apis'
import { connectionsWords } from '../text/connections'
import { directoryWords } from '../text/directories'
import { doctorWords } from '../text/doctor'
import { eventsWords } from '../text/events'
import { exchangeWords } from '../text/exchange'
import { peopleWords } from '../text/people'
import { servicesWords } from '../text/services'
import { signInWords } from '../text/signin'
import { trustWords } from '../text/trust'
import { Page } from '../ui/page/page'
import { Parts, within } from '../ui/tabs/tabs'

/** Who may come in, how, and what they may call. */
const access = [
  { to: '/manage/signin', label: signInWords.title },
  { to: '/manage/trust', label: trustWords.title },
  { to: '/manage/directories', label: directoryWords.title },
  { to: '/manage/oauth', label: connectionsWords.title },
  { to: '/manage/apis', label: apisWords.title },
  { to: '/manage/doctor', label: doctorWords.title },
  { to: '/manage/changes', label: trustWords.changes.title },
]

/** What reaches requests from elsewhere and by the clock. */
const events = [
  { to: '/manage/messages', label: eventsWords.messages.title },
  { to: '/manage/schedules', label: eventsWords.schedules.title },
  { to: '/manage/calendars', label: eventsWords.calendars.title },
]

const parts = [
  { to: '/manage/workflows', label: t.manage.workflows },
  { to: '/manage/instances', label: t.manage.instances },
  { to: '/manage/incidents', label: t.manage.incidents },
  { to: '/manage/messages', label: eventsWords.title, parts: events },
  { to: '/manage/services', label: servicesWords.title },
  { to: '/manage/exchange', label: exchangeWords.title },
  { to: '/manage/mail', label: t.manage.mail },
  { to: '/manage/people', label: peopleWords.title },
  { to: '/manage/trust', label: t.manage.access, parts: access },
]

/** The pages for whoever keeps workflows running. */
export function ManageFrame() {
  const { pathname } = useLocation()
  return (
    <Page title={t.manage.title}>
      <Parts label={t.manage.title} parts={parts} />
      {within(access, pathname) && <Parts label={t.manage.access} parts={access} />}
      {within(events, pathname) && <Parts label={eventsWords.title} parts={events} />}
      <Outlet />
    </Page>
  )
}
