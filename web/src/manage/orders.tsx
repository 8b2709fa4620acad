import { useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { sentence } from '../api/problem'
import type { Bulk, BulkItem } from '../api/types'
import { ReasonDialog } from '../instance/repair/reason'
import { repairWords } from '../text/repair'
import { called } from '../words/person'
import { Badge, type Tone } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Select } from '../ui/field/field'
import { More } from '../ui/more/more'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { Back } from './entries'
import { progress } from './incidentgroups'
import { itemStates, useOneOrder, useOrderItems, useOrders, useStopOrder, useUndo, type ItemState } from './ordersqueries'
import './incidents.css'

const words = repairWords.order

function titleOf(order: Bulk): string {
  const to = order.do === 'migrate' && order.migration?.to ? ` ${words.to(order.migration.to)}` : ''
  return words.title(words.titles[order.do] + to, order.total, order.migration !== undefined)
}

function Stands({ order }: { order: Bulk }) {
  if (!order.ended) return <Badge tone="info">{words.running}</Badge>
  if (order.stopped) return <Badge tone="warn">{words.halted}</Badge>
  return (
    <Badge tone={order.failed > 0 ? 'warn' : 'good'} icon={order.failed > 0 ? undefined : 'check'}>
      {words.ended}
    </Badge>
  )
}

function Counts({ order }: { order: Bulk }) {
  return (
    <span className="row order-counts">
      <span>{words.done(order.done)}</span>
      {order.failed > 0 && <span className="field-error">{words.failed(order.failed)}</span>}
      {order.passed > 0 && <span className="quiet">{words.passed(order.passed)}</span>}
    </span>
  )
}

/** The orders given, newest first. */
export function OrderList() {
  const orders = useOrders()
  const list = (orders.data?.pages ?? []).flatMap((page) => page.items)
  if (orders.error) return <Failure error={orders.error} retry={() => void orders.refetch()} />
  if (orders.isPending) return <Skeleton rows={3} tall />
  if (list.length === 0) return <Empty icon="retry">{words.none}</Empty>
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.columns.order}</th>
            <th scope="col">{words.columns.state}</th>
            <th scope="col">{words.columns.by}</th>
            <th scope="col">{words.columns.when}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((order) => (
            <tr key={order.id}>
              <th scope="row">
                <Link to={`/manage/incidents/orders/${order.id}`}>{titleOf(order)}</Link>
                {order.reason && <span className="table-under quiet small">{order.reason}</span>}
              </th>
              <td>
                <span className="row">
                  <Stands order={order} /> <Counts order={order} />
                </span>
              </td>
              <td data-label={words.columns.by}>{called(order.by)}</td>
              <td data-label={words.columns.when}>
                <When at={order.made} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More list={orders} />
    </>
  )
}

/** One order: how far it is, and what became of each. */
export function OrderPage() {
  const id = Number(useParams().id)
  const order = useOneOrder(id)
  const title = order.data ? titleOf(order.data) : ''
  useTitle(title)
  return (
    <>
      <Back to="/manage/incidents">{words.back}</Back>
      {order.error && <Failure error={order.error} retry={() => void order.refetch()} />}
      {order.isPending && <Skeleton rows={3} />}
      {order.data && !order.error && (
        <>
          <Section title={title} actions={<Stands order={order.data} />}>
            <Progress order={order.data} />
          </Section>
          <Log order={order.data} />
        </>
      )}
    </>
  )
}

function Progress({ order }: { order: Bulk }) {
  const stop = useStopOrder(order.id)
  const dealt = order.done + order.failed + order.passed
  const share = `${Math.round(progress(order) * 100)}%`
  return (
    <>
      <p className="quiet">
        {called(order.by)}, <When at={order.made} />
        {order.reason && `: ${order.reason}`}
      </p>
      <div className="order-bar" role="progressbar" aria-label={words.progress} aria-valuemin={0} aria-valuemax={order.total} aria-valuenow={dealt} aria-valuetext={words.counted(dealt, order.total)}>
        <span style={{ width: share }} />
      </div>
      <div className="row" role="status">
        <span>{words.counted(dealt, order.total)}:</span> <Counts order={order} />
      </div>
      {!order.ended && order.migration?.stage && <p className="quiet small">{words.stages[order.migration.stage]}</p>}
      {order.do === 'migrate' && order.ended && order.done > 0 && <Undo order={order} />}
      {order.do === 'retry' && <p className="quiet small">{words.retried}</p>}
      {!order.ended && !order.stopped && (
        <div className="row">
          <Button icon="stop" onPress={() => stop.mutate()} busy={stop.isPending}>
            {words.stop}
          </Button>
          <span className="quiet small">{words.stopNow}</span>
        </div>
      )}
      {stop.error && <Failure error={stop.error} />}
    </>
  )
}

function Undo({ order }: { order: Bulk }) {
  const [asking, setAsking] = useState(false)
  const navigate = useNavigate()
  const undo = useUndo(order.id, (made) => {
    setAsking(false)
    void navigate(`/manage/incidents/orders/${made.id}`)
  })
  return (
    <>
      <div>
        <Button icon="back" onPress={() => setAsking(true)}>
          {words.undo}
        </Button>
      </div>
      {asking && <ReasonDialog title={words.undoTitle} lead={words.undoLead} button={words.undoButton} onClose={() => setAsking(false)} busy={undo.isPending} error={undo.error} submit={undo.mutate} />}
    </>
  )
}

const tones: Record<ItemState, Tone> = { waiting: 'neutral', done: 'good', failed: 'bad', passed: 'neutral' }

function Log({ order }: { order: Bulk }) {
  const [state, setState] = useState<ItemState | ''>(order.failed > 0 ? 'failed' : '')
  const items = useOrderItems(order.id, state || undefined, order.done + order.failed + order.passed)
  const list = (items.data?.pages ?? []).flatMap((page) => page.items)
  const options = [{ id: 'every', label: words.every }, ...itemStates.map((id) => ({ id, label: words.states[id] }))]
  return (
    <Section title={words.log} plain>
      <div className="changes-kind">
        <Select label={words.filter} value={state || 'every'} onChange={(next) => setState(itemStates.find((one) => one === next) ?? '')} options={options} />
      </div>
      {items.error && <Failure error={items.error} retry={() => void items.refetch()} />}
      {items.isPending && <Skeleton rows={3} />}
      {items.data && list.length === 0 && <p className="quiet">{words.noneOf}</p>}
      {list.length > 0 && <LogTable items={list} what={order.migration ? words.columns.request : words.columns.problem} />}
      <More list={items} />
    </Section>
  )
}

function LogTable({ items, what }: { items: readonly BulkItem[]; what: string }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{what}</th>
          <th scope="col">{words.columns.state}</th>
          <th scope="col">{words.columns.cause}</th>
          <th scope="col">{words.columns.when}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.number}>
            <th scope="row">
              <Link to={`/requests/${item.instance}`}>{item.incident ?? words.request(item.instance)}</Link>
            </th>
            <td>
              <Badge tone={tones[item.state]}>{words.states[item.state]}</Badge>
            </td>
            <td>{item.cause && sentence(item.cause)}</td>
            <td>{item.at && <When at={item.at} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
