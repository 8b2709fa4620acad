import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Checkbox as AriaCheckbox } from 'react-aria-components'
import { useSearchParams } from 'react-router'
import { answer, api } from '../../api/client'
import { problemOf } from '../../api/problem'
import type { Grant } from '../../api/types'
import { t } from '../../text/en'
import { peopleWords } from '../../text/people'
import { called } from '../../words/person'
import { Badge } from '../../ui/badge/badge'
import { Button } from '../../ui/button/button'
import { Coin } from '../../ui/coin/coin'
import { Select, TextField } from '../../ui/field/field'
import { Icon } from '../../ui/icon/icon'
import { Message } from '../../ui/message/message'
import { useTitle } from '../../ui/page/page'
import { PersonPicker } from '../../ui/person/picker'
import { Failure } from '../../ui/problem/problem'
import { Skeleton } from '../../ui/skeleton/skeleton'
import { useSay } from '../../ui/toast/toast'
import { workflows } from '../queries'
import { services } from '../servicesqueries'
import { added, grantsOf, included, onServer, onServices, onWorkflows, rowsOf, same, turned, without, type Row } from './matrix'
import { categories, rights, useSaveRights, type Place } from './queries'

const another = 'category:'

/** Who may do what on the server, a category or a workflow. */
export function RightsPage() {
  useTitle(peopleWords.parts.rights)
  const [params, setParams] = useSearchParams()
  const on = params.get('on') ?? 'server'
  const go = (place: Place) => setParams({ on: place }, { replace: true })
  return (
    <>
      <p className="quiet">{peopleWords.rights.lead}</p>
      <div className="people-narrow">
        <PlacePicker on={on} onChange={go} />
      </div>
      {on === another ? <NewCategory onChange={go} /> : <RightsOn key={on} on={on} />}
    </>
  )
}

function PlacePicker({ on, onChange }: { on: Place; onChange: (place: Place) => void }) {
  const named = useQuery(categories).data?.items ?? []
  const drawn = useQuery(workflows).data?.items ?? []
  const called = useQuery(services).data?.items ?? []
  const options = [
    { id: 'server', label: peopleWords.rights.server },
    ...named.filter((one) => one.canManage).map((one) => ({ id: `category:${one.name}`, label: peopleWords.rights.category(one.name) })),
    { id: another, label: peopleWords.rights.another },
    ...drawn.filter((one) => one.canManage).map((one) => ({ id: `workflow:${one.key}`, label: peopleWords.rights.workflow(one.name) })),
    ...called.filter((one) => one.canChange).map((one) => ({ id: `service:${one.name}`, label: peopleWords.rights.service(one.title) })),
  ]
  if (!options.some((option) => option.id === on)) options.push({ id: on, label: (on.startsWith('service:') ? peopleWords.rights.service : peopleWords.rights.category)(on.slice(on.indexOf(':') + 1)) })
  return <Select label={peopleWords.rights.on} value={on} onChange={onChange} options={options} />
}

function NewCategory({ onChange }: { onChange: (place: Place) => void }) {
  const [name, setName] = useState('')
  return (
    <form className="people-put people-narrow" onSubmit={(event) => (event.preventDefault(), name.trim() && onChange(`category:${name.trim()}`))}>
      <TextField label={peopleWords.rights.categoryName} value={name} onChange={setName} help={peopleWords.rights.categoryHelp} autoFocus autoComplete="off" />
      <Button type="submit" isDisabled={!name.trim()}>
        {peopleWords.rights.addButton}
      </Button>
    </form>
  )
}

function RightsOn({ on }: { on: Place }) {
  const set = useQuery(rights(on))
  if (set.error) return <Failure error={set.error} retry={() => void set.refetch()} />
  if (set.isPending) return <Skeleton rows={4} />
  return <Matrix key={set.data.etag} on={on} grants={set.data.grants} etag={set.data.etag} again={() => void set.refetch()} />
}

interface MatrixProps {
  on: Place
  grants: readonly Grant[]
  etag: string | undefined
  again: () => void
}

function Matrix({ on, grants, etag, again }: MatrixProps) {
  const before = rowsOf(grants)
  const [rows, setRows] = useState(before)
  const say = useSay()
  const save = useSaveRights(on, () => say(peopleWords.rights.saved))
  const all: readonly string[] = on === 'server' ? onServer : on.startsWith('service:') ? onServices : onWorkflows
  const changed = !same(rows, before)
  const stale = save.error && problemOf(save.error).code === 'stale'
  return (
    <>
      <AddHolder onAdd={(who) => setRows(added(rows, who, all[0]!))} />
      {rows.length === 0 && <p className="quiet">{peopleWords.rights.none}</p>}
      {rows.length > 0 && <Table rows={rows} all={all} onChange={setRows} />}
      <Means all={all} />
      {stale && (
        <Message tone="warn" live action={<Button onPress={again}>{t.common.retry}</Button>}>
          {peopleWords.rights.stale}
        </Message>
      )}
      {save.error && !stale && <Failure error={save.error} />}
      <div className="rights-save">
        <Button look="primary" isDisabled={!changed} busy={save.isPending} onPress={() => save.mutate({ grants: grantsOf(rows), etag })}>
          {peopleWords.rights.save}
        </Button>
        {changed && <Button onPress={() => setRows(before)}>{peopleWords.rights.undo}</Button>}
        <span role="status" className="quiet">
          {changed && peopleWords.rights.changed}
        </span>
      </div>
    </>
  )
}

function Means({ all }: { all: readonly string[] }) {
  return (
    <dl className="rights-means small">
      {all.map((right) => (
        <div key={right}>
          <dt>{peopleWords.rights.names[right]}:</dt>
          <dd>{peopleWords.rights.means[right]}</dd>
        </div>
      ))}
    </dl>
  )
}

function Table({ rows, all, onChange }: { rows: readonly Row[]; all: readonly string[]; onChange: (rows: Row[]) => void }) {
  return (
    <table className="table rights-table">
      <thead>
        <tr>
          <th scope="col">{peopleWords.rights.who}</th>
          {all.map((right) => (
            <th key={right} scope="col">
              {peopleWords.rights.names[right]}
            </th>
          ))}
          <th scope="col">
            <span className="unseen">{peopleWords.group.takeOut}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.who.id}>
            <th scope="row">
              <span className="people-name">
                <Coin person={row.who} size="small" />
                <span>{called(row.who)}</span>
              </span>
            </th>
            {all.map((right) => (
              <td key={right} data-label={peopleWords.rights.names[right]}>
                <Cell row={row} right={right} onChange={(on) => onChange(turned(rows, row.who.id, right, on))} />
              </td>
            ))}
            <td className="table-end">{row.held.size > 0 && <Button look="subtle" icon="bin" aria-label={peopleWords.rights.remove(called(row.who))} onPress={() => onChange(without(rows, row.who.id))} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Cell({ row, right, onChange }: { row: Row; right: string; onChange: (on: boolean) => void }) {
  const by = row.from.get(right)
  const also = included(row, right)
  return (
    <span className="rights-cell">
      <AriaCheckbox
        className="check"
        isSelected={also || row.held.has(right)}
        isDisabled={also}
        onChange={onChange}
        aria-label={peopleWords.rights.holds(called(row.who), peopleWords.rights.names[right] ?? right)}
      >
        <span className="check-box" aria-hidden="true">
          <Icon name="check" />
        </span>
      </AriaCheckbox>
      {by && <Badge>{peopleWords.rights.by(by)}</Badge>}
    </span>
  )
}

function AddHolder({ onAdd }: { onAdd: (who: Row['who']) => void }) {
  const [who, setWho] = useState('')
  const [round, setRound] = useState(0)
  const [missing, setMissing] = useState(false)
  const find = async () => {
    const { items } = await answer(api.GET('/api/v1/people', { params: { query: { q: who, limit: 50 } } }))
    const meant = items.find((one) => one.login === who || one.id === who)
    setMissing(!meant)
    if (!meant) return
    onAdd(meant)
    setWho('')
    setRound(round + 1)
  }
  return (
    <form className="people-put people-narrow" onSubmit={(event) => (event.preventDefault(), who && void find())}>
      <PersonPicker key={round} label={peopleWords.rights.add} value={who} onChange={setWho} groups error={missing ? t.field.person : undefined} />
      <Button type="submit" isDisabled={!who}>
        {peopleWords.rights.addButton}
      </Button>
    </form>
  )
}
