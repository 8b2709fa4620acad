import { useInfiniteQuery } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import { IncidentCard, incidentKey } from '../instance/incident'
import { t } from '../text/en'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { More } from '../ui/more/more'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'

/** Steps that failed and wait to be put right, in every workflow one administers. */
export function IncidentsPage() {
  useTitle(t.manage.incidents)
  const incidents = useInfiniteQuery({
    queryKey: ['incidents'],
    queryFn: ({ pageParam, signal }) => answer(api.GET('/api/v1/incidents', { signal, params: { query: { limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  })
  const list = (incidents.data?.pages ?? []).flatMap((page) => page.items)
  if (incidents.error) return <Failure error={incidents.error} retry={() => void incidents.refetch()} />
  if (incidents.isPending) return <Skeleton rows={3} tall />
  if (list.length === 0) {
    return <Empty action={<LinkButton to="/manage/instances">{t.manage.instances}</LinkButton>}>{t.manage.noIncidents}</Empty>
  }
  return (
    <ul className="stack">
      {list.map((incident) => (
        <li key={incidentKey(incident)}>
          <p className="small quiet incident-of">
            {incident.workflow} · {incident.folio}
          </p>
          <IncidentCard incident={incident} canManage more={<LinkButton to={`/requests/${incident.instance}`}>{t.manage.openRequest}</LinkButton>} />
        </li>
      ))}
      {incidents.hasNextPage && (
        <li>
          <More list={incidents} />
        </li>
      )}
    </ul>
  )
}
