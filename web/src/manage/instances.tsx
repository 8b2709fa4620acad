import { useSearchParams } from 'react-router'
import { RequestList } from '../requests/list'
import { statusOf, useInstances } from '../requests/queries'
import { t } from '../text/en'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Find } from '../ui/find/find'
import { useTitle } from '../ui/page/page'
import { Views } from '../ui/tabs/tabs'

const views = (['all', 'incident', 'running', 'completed', 'cancelled'] as const).map((id) => ({ id, label: t.manage.statuses[id] }))

/** Every request one may see. */
export function InstancesPage() {
  useTitle(t.manage.instances)
  const [params] = useSearchParams()
  const instances = useInstances({ scope: 'all', status: statusOf(params), q: params.get('q') ?? '' })
  return (
    <>
      <div className="list-tools">
        <Views label={t.manage.instances} name="status" path="/manage/instances" views={views} />
        <Find label={t.requests.filter} />
      </div>
      <RequestList
        instances={instances}
        starter
        empty={
          <Empty icon="requests" action={<LinkButton to="/manage/instances">{t.requests.views.all}</LinkButton>}>
            {t.manage.noInstances}
          </Empty>
        }
      />
    </>
  )
}
