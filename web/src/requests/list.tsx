import { Link } from 'react-router'
import type { Instance } from '../api/types'
import { InstanceStatus } from '../instance/status'
import { waitInWords, whoInWords } from '../instance/where'
import { t } from '../text/en'
import { called } from '../words/person'
import { More } from '../ui/more/more'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { itemsOf, type Instances } from './queries'
import './requests.css'

interface Props {
  instances: Instances
  empty: React.ReactNode
  /** Lists of other people's requests name who started them. */
  starter?: boolean
}

/** Requests with where each is and who has it. */
export function RequestList({ instances, empty, starter = false }: Props) {
  const list = itemsOf(instances)
  if (instances.error) return <Failure error={instances.error} retry={() => void instances.refetch()} />
  if (instances.isPending) return <Skeleton rows={5} tall />
  if (list.length === 0) return empty
  return (
    <div className="stack">
      <ul className="requests" aria-label={t.requests.list}>
        {list.map((instance) => (
          <Row key={instance.id} instance={instance} starter={starter} />
        ))}
      </ul>
      <More list={instances} />
    </div>
  )
}

function Row({ instance, starter }: { instance: Instance; starter: boolean }) {
  return (
    <li className="request">
      <div className="request-what">
        <Link to={`/requests/${instance.id}`} className="request-title">
          {instance.folio || t.requests.noFolio(instance.workflow, instance.id)}
        </Link>
        <span className="quiet small">
          {instance.workflow}
          {starter && ` · ${t.requests.numbered(instance.id)}`}
          {starter && ` · ${called(instance.starter)}`} · <When at={instance.startedAt} />
        </span>
      </div>
      <div className="request-where">
        <Where instance={instance} />
      </div>
      <div className="request-status">
        <InstanceStatus instance={instance} />
      </div>
    </li>
  )
}

function Where({ instance }: { instance: Instance }) {
  if (instance.endedAt) {
    return (
      <span className="quiet">
        {t.requests.ended} <When at={instance.endedAt} />
      </span>
    )
  }
  return instance.waiting.map((one, i) => (
    <span key={`${one.step}-${i}`}>
      {waitInWords(one)}
      {one.for && one.for.length > 0 && <span className="quiet"> · {whoInWords(one)}</span>}
    </span>
  ))
}
