import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { sentence } from '../api/problem'
import type { NewBulk } from '../api/types'
import { useInstance, useRetry } from '../instance/queries'
import { ReasonDialog } from '../instance/repair/reason'
import { repairWords as words } from '../text/repair'
import { t } from '../text/en'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Empty } from '../ui/empty/empty'
import { Select } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { useTitle } from '../ui/page/page'
import { Failure, ProblemCard } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { Views } from '../ui/tabs/tabs'
import { When } from '../ui/when/when'
import { groupsOf, type Group } from './incidentgroups'
import { OrderList } from './orders'
import { openIncidents, useOrder } from './ordersqueries'
import '../instance/repair/repair.css'
import './incidents.css'

const views = [
  { id: 'open', label: words.incidents.views.open },
  { id: 'orders', label: words.incidents.views.orders },
]

/** Steps that failed, in every workflow one administers, and what was ordered for many of them. */
export function IncidentsPage() {
  useTitle(t.manage.incidents)
  const [params] = useSearchParams()
  return (
    <>
      <Views label={words.incidents.view} name="view" path="/manage/incidents" views={views} />
      {params.get('view') === 'orders' ? <OrderList /> : <Open />}
    </>
  )
}

function Open() {
  const incidents = useQuery(openIncidents)
  if (incidents.error) return <Failure error={incidents.error} retry={() => void incidents.refetch()} />
  if (incidents.isPending) return <Skeleton rows={3} tall />
  const { items, whole } = incidents.data
  if (items.length === 0) {
    return <Empty action={<LinkButton to="/manage/instances">{t.manage.instances}</LinkButton>}>{t.manage.noIncidents}</Empty>
  }
  return (
    <>
      {!whole && <Message>{words.incidents.newest(items.length)}</Message>}
      <ul className="stack">
        {groupsOf(items).map((group) => (
          <li key={group.id}>
            <GroupCard group={group} />
          </li>
        ))}
      </ul>
    </>
  )
}

/** What failed for one cause: the words of the newest, and one button for all of it. */
function GroupCard({ group }: { group: Group }) {
  const [asking, setAsking] = useState<NewBulk['do']>()
  const [tried, setTried] = useState<string>()
  const { items, first, last } = group
  const [only] = items
  const retry = useRetry(only?.instance ?? 0, only?.serial ?? '')
  const stamp = `${only?.serial} ${only?.at}`
  const waiting = items.length === 1 && tried === stamp
  const start = () => {
    if (items.length > 1) return setAsking('retry')
    setTried(stamp)
    retry.mutate(undefined, { onError: () => setTried(undefined) })
  }
  return (
    <>
      <p className="small quiet incident-of">
        {words.incidents.of(group.workflow)} · {words.incidents.count(items.length)} · <Between first={first} last={last} />
      </p>
      <ProblemCard
        title={words.incidents.title(group.name)}
        why={sentence(group.cause, group.advice)}
        action={
          <>
            <Button look="primary" icon="retry" onPress={start} busy={retry.isPending || waiting}>
              {waiting ? t.instance.retrying : words.incidents.retryAll(items.length)}
            </Button>
            <Button onPress={() => setAsking('skip')}>{words.incidents.skipAll}</Button>
            <Button onPress={() => setAsking('cancel')}>{words.incidents.cancelAll}</Button>
          </>
        }
        facts={[
          [t.problem.step, group.step],
          [t.problem.code, group.code],
        ]}
      >
        {tried !== undefined && tried !== stamp && <p className="field-error">{t.instance.retryFailed}</p>}
        {retry.error && <Failure error={retry.error} />}
        <Requests group={group} />
      </ProblemCard>
      {asking && <OrderDialog what={asking} group={group} onClose={() => setAsking(undefined)} />}
    </>
  )
}

function Between({ first, last }: { first: string; last: string }) {
  if (Date.parse(last) - Date.parse(first) < 90_000) return <When at={last} />
  return (
    <>
      <When at={first} /> – <When at={last} />
    </>
  )
}

const mostShown = 100

function Requests({ group: { items } }: { group: Group }) {
  const list = (
    <ul className="incident-list">
      {items.slice(0, mostShown).map((one) => (
        <li key={one.serial}>
          <Link to={`/requests/${one.instance}`}>{one.folio || t.requests.noFolio(one.workflow ?? '', one.instance)}</Link>{' '}
          <span className="quiet small">
            {t.requests.numbered(one.instance)} · <When at={one.at} />
          </span>
        </li>
      ))}
    </ul>
  )
  if (items.length <= 3) return list
  return (
    <details className="repair-data">
      <summary>{words.incidents.requests(items.length)}</summary>
      {list}
    </details>
  )
}

interface OrderProps {
  what: NewBulk['do']
  group: Group
  onClose: () => void
}

/** Asks before an order for many is given, and leads to how far it is. */
function OrderDialog({ what, group, onClose }: OrderProps) {
  const navigate = useNavigate()
  const [outcome, setOutcome] = useState('')
  const [missing, setMissing] = useState(false)
  const order = useOrder((made) => void navigate(`/manage/incidents/orders/${made.id}`))
  const give = (reason?: string) =>
    order.mutate({ do: what, workflow: group.key, step: group.step, code: group.code, ...(reason ? { reason } : {}), ...(what === 'skip' && outcome ? { outcome } : {}) })
  const outcomes = useOutcomes(group)
  const check = () => {
    const lacks = what === 'skip' && outcomes.length > 0 && !outcome
    setMissing(lacks)
    return !lacks
  }
  const asked = { title: words.order.ask[what](group.items.length), lead: words.order.lead[what] }
  if (what !== 'retry') {
    return (
      <ReasonDialog {...asked} button={words.order.button[what]} keep={words.order.keep} danger={what === 'cancel'} onClose={onClose} busy={order.isPending} error={order.error} check={check} submit={give}>
        {what === 'skip' && <Outcome group={group} value={outcome} onChange={setOutcome} missing={missing && !outcome} />}
      </ReasonDialog>
    )
  }
  return (
    <Dialog
      title={asked.title}
      open
      onClose={onClose}
      cancelText={words.order.keep}
      actions={
        <Button look="primary" icon="retry" onPress={() => give()} busy={order.isPending}>
          {words.order.button.retry}
        </Button>
      }
    >
      <p>{asked.lead}</p>
      {order.error && <Failure error={order.error} />}
    </Dialog>
  )
}

/** What the tasks of a group can be skipped with: what the newest of its requests says, for all run the same step. */
function useOutcomes({ items: [newest], step }: Group): readonly string[] {
  const instance = useInstance(newest?.instance ?? 0)
  return instance.data?.places?.find(({ element }) => element === step)?.outcomes ?? []
}

function Outcome({ group, value, onChange, missing }: { group: Group; value: string; onChange: (outcome: string) => void; missing: boolean }) {
  const outcomes = useOutcomes(group)
  if (outcomes.length === 0) return null
  return (
    <Select label={words.skip.outcome} value={value} onChange={onChange} options={outcomes.map((id) => ({ id, label: id }))} required error={missing ? words.skip.outcomeMissing : undefined} />
  )
}
