import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { answer, api } from '../api/client'
import { sentence } from '../api/problem'
import { ReasonDialog } from '../instance/repair/reason'
import { versionsWords as words } from '../text/versions'
import { called } from '../words/person'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Check, Select } from '../ui/field/field'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { hindrance, mapOf, renamed, renamedOf, stepName, type Renamed } from './versionsmap'
import './manage.css'
import './versions.css'

const detail = (key: string) =>
  queryOptions({ queryKey: ['workflow', key], queryFn: ({ signal }) => answer(api.GET('/api/v1/workflows/{id}', { signal, params: { path: { id: key } } })) })

interface Of {
  workflow: string
  n: number
  onClose: () => void
}

/** The versions of a workflow: which one new requests get, and moving those that run. */
export function Versions({ workflow }: { workflow: string }) {
  const set = useQuery(detail(workflow))
  const [asking, setAsking] = useState<{ what: 'default' | 'move'; n: number }>()
  if (set.error) return <Failure error={set.error} retry={() => void set.refetch()} />
  if (!set.data) return <Skeleton rows={2} />
  const { versions } = set.data
  const close = () => setAsking(undefined)
  const { columns } = words
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{columns.version}</th>
            <th scope="col">{columns.by}</th>
            <th scope="col">{columns.when}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {versions.map((one) => (
            <tr key={one.number}>
              <th scope="row">
                <span className="row">
                  {one.number} {one.default && <Badge tone="good">{words.isDefault}</Badge>}
                </span>
              </th>
              <td data-label={columns.by}>{called(one.deployedBy)}</td>
              <td data-label={columns.when}>
                <When at={one.deployedAt} />
              </td>
              <td className="table-end">
                <span className="row version-acts">
                  {!one.default && <Button onPress={() => setAsking({ what: 'default', n: one.number })}>{words.makeDefault}</Button>}
                  {versions.length > 1 && (
                    <Button aria-label={`${words.move} ${words.version(one.number)}`} onPress={() => setAsking({ what: 'move', n: one.number })}>
                      {words.move}
                    </Button>
                  )}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {asking?.what === 'default' && <DefaultDialog workflow={workflow} n={asking.n} onClose={close} />}
      {asking?.what === 'move' && <MoveDialog workflow={workflow} n={asking.n} others={versions.map(({ number }) => number).filter((n) => n !== asking.n)} onClose={close} />}
    </>
  )
}

function DefaultDialog({ workflow, n, onClose }: Of) {
  const queries = useQueryClient()
  const say = useSay()
  const put = useMutation({
    mutationFn: () => answer(api.PUT('/api/v1/workflows/{id}/default', { params: { path: { id: workflow } }, body: { version: n } })),
    onSuccess: () => {
      onClose()
      say(words.made(n))
    },
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['workflow', workflow] }), queries.invalidateQueries({ queryKey: ['workflows'] }), queries.invalidateQueries({ queryKey: ['schedules'] })]),
  })
  return (
    <Dialog
      title={words.makeTitle(n)}
      open
      onClose={onClose}
      actions={
        <Button look="primary" onPress={() => put.mutate()} busy={put.isPending}>
          {words.make}
        </Button>
      }
    >
      <p>{words.makeLead}</p>
      {put.error && <Failure error={put.error} />}
    </Dialog>
  )
}

/** What a move would do now and what is in its way; then the move, as an order. */
function MoveDialog({ workflow, n, others, onClose }: Of & { others: readonly number[] }) {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [from, setFrom] = useState(0)
  const [those, setThose] = useState(false)
  const [said, setSaid] = useState<readonly Renamed[]>([])
  const asked = { to: n, ...(from ? { from } : {}), ...(said.length > 0 ? { map: mapOf(said) } : {}) }
  const preview = useQuery({
    queryKey: ['workflow', workflow, 'preview', asked],
    queryFn: ({ signal }) => answer(api.POST('/api/v1/workflows/{id}/migrations/preview', { signal, params: { path: { id: workflow } }, body: asked })),
    placeholderData: (before) => before,
    gcTime: 0,
    retry: false,
  })
  const move = useMutation({
    mutationFn: (reason: string) => answer(api.POST('/api/v1/workflows/{id}/migrations', { params: { path: { id: workflow } }, body: { ...asked, ...(those ? { those } : {}), reason } })),
    onSuccess: (order) => void navigate(`/manage/incidents/orders/${order.id}`),
    onSettled: () => queries.invalidateQueries({ queryKey: ['orders'] }),
  })
  const found = preview.error ? undefined : preview.data
  const some = found !== undefined && found.can > 0 && found.can < found.total
  const why = found && hindrance(found, those)
  const rows = found ? renamedOf(said, found.blocked, found.steps) : said
  return (
    <ReasonDialog
      title={words.moveTitle(n)}
      lead={words.moveLead}
      button={words.button}
      onClose={onClose}
      busy={move.isPending}
      error={move.error}
      ready={found !== undefined && !preview.isPlaceholderData && why === undefined}
      submit={move.mutate}
    >
      <Select
        label={words.from}
        value={String(from)}
        onChange={(next) => setFrom(Number(next))}
        options={[{ id: '0', label: words.any }, ...others.map((one) => ({ id: String(one), label: words.version(one) }))]}
      />
      {preview.error && <Failure error={preview.error} />}
      <div role="status" className="stack">
        {preview.isPending && <p className="quiet">{words.looking}</p>}
        {found && found.can > 0 && <p>{words.can(found.can, found.total)}</p>}
        {why && <p className={why === 'none' ? undefined : 'field-error'}>{words.why[why]}</p>}
      </div>
      {found && found.blocked.length > 0 && <Blockers list={found.blocked} />}
      {rows.length > 0 && <Became rows={rows} steps={found?.steps ?? []} n={n} onChange={(one) => setSaid(renamed(said, one))} />}
      {some && <Check label={words.those} value={those} onChange={setThose} />}
    </ReasonDialog>
  )
}

interface BecameProps {
  rows: readonly Renamed[]
  steps: readonly { element: string; name: string }[]
  n: number
  onChange: (one: Renamed) => void
}

/** Which step of the new version a step has become that is not there any more. */
function Became({ rows, steps, n, onChange }: BecameProps) {
  const options = [{ id: '-', label: words.noneOfThem }, ...steps.map((one) => ({ id: one.element, label: stepName(one) }))]
  return (
    <section className="stack">
      <h3>{words.map}</h3>
      <p className="quiet small">{words.mapHelp(n)}</p>
      {rows.map((one) => (
        <Select
          key={one.step}
          label={words.became(stepName({ element: one.step, name: one.name }))}
          value={one.to || '-'}
          onChange={(to) => onChange({ ...one, to: to === '-' ? '' : to })}
          options={options}
        />
      ))}
    </section>
  )
}

interface Blocker {
  name?: string
  step?: string
  variable?: string
  why: string
  advice?: string
  count: number
  instances: readonly number[]
}

function Blockers({ list }: { list: readonly Blocker[] }) {
  return (
    <section className="stack">
      <h3>{words.blocked}</h3>
      <ul className="blockers">
        {list.map((one) => (
          <li key={`${one.step ?? one.variable ?? ''} ${one.why}`}>
            <p>
              <strong>{one.variable ? words.variable(one.variable) : one.name || one.step ? words.at(one.name || one.step || '') : ''}</strong> <span className="quiet small">{words.count(one.count)}</span>
            </p>
            <p>{sentence(one.why, one.advice)}</p>
            <p className="row small">
              {one.instances.map((id) => (
                <Link key={id} to={`/requests/${id}`}>
                  {id}
                </Link>
              ))}
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}
