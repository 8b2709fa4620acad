import { useSearchParams } from 'react-router'
import { t } from '../text/en'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Find } from '../ui/find/find'
import { Page } from '../ui/page/page'
import { Views } from '../ui/tabs/tabs'
import { RequestList } from './list'
import { statusOf, useInstances } from './queries'

const views = [
  { id: 'all', label: t.requests.views.all },
  { id: 'running', label: t.requests.views.running },
  { id: 'completed', label: t.requests.views.completed },
  { id: 'cancelled', label: t.requests.views.cancelled },
]

/** What I started: where it is, and who has it. */
export function RequestsPage() {
  const [params] = useSearchParams()
  const status = statusOf(params)
  const q = params.get('q') ?? ''
  const instances = useInstances({ scope: 'mine', status, q })
  const startOne = (
    <LinkButton to="/start" look="primary" icon="start">
      {t.requests.startOne}
    </LinkButton>
  )
  return (
    <Page title={t.requests.title} actions={startOne}>
      <div className="list-tools">
        <Views label={t.requests.list} name="status" path="/requests" views={views} />
        <Find label={t.requests.filter} />
      </div>
      <RequestList instances={instances} empty={<Empty icon="requests" action={status || q ? <LinkButton to="/requests">{t.requests.views.all}</LinkButton> : startOne}>{status || q ? t.requests.noneView : t.requests.none}</Empty>} />
    </Page>
  )
}
