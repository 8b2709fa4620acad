import { useState } from 'react'
import { Form } from 'react-aria-components'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { answer, api } from '../../api/client'
import { problemOf, sortFields } from '../../api/problem'
import type { GroupInfo } from '../../api/types'
import { t } from '../../text/en'
import { peopleWords } from '../../text/people'
import { called } from '../../words/person'
import { Button } from '../../ui/button/button'
import { Coin } from '../../ui/coin/coin'
import { Dialog } from '../../ui/dialog/dialog'
import { Empty } from '../../ui/empty/empty'
import { TextArea, TextField } from '../../ui/field/field'
import { Find } from '../../ui/find/find'
import { More } from '../../ui/more/more'
import { useTitle } from '../../ui/page/page'
import { Failure } from '../../ui/problem/problem'
import { Skeleton } from '../../ui/skeleton/skeleton'
import { useSay } from '../../ui/toast/toast'
import { useGroups, usePeopleAct, type Kind } from './queries'

export function GroupsPage() {
  return <GroupList kind="groups" />
}

export function RolesPage() {
  return <GroupList kind="roles" />
}

function GroupList({ kind }: { kind: Kind }) {
  useTitle(peopleWords.parts[kind])
  const [params] = useSearchParams()
  const [adding, setAdding] = useState(false)
  const q = params.get('q') ?? ''
  const groups = useGroups(kind, q)
  const list = groups.data?.pages.flatMap((page) => page.items) ?? []
  const words = peopleWords[kind]
  const add = (
    <Button look="primary" icon="plus" onPress={() => setAdding(true)}>
      {words.add}
    </Button>
  )
  return (
    <>
      <div className="people-tools">
        <Find label={peopleWords.findGroup} />
        {add}
      </div>
      {groups.error && <Failure error={groups.error} retry={() => void groups.refetch()} />}
      {groups.isPending && <Skeleton rows={3} />}
      {groups.data && list.length === 0 && <Empty icon="people">{q ? words.noneFound : words.none}</Empty>}
      {list.length > 0 && <GroupTable groups={list} kind={kind} />}
      <More list={groups} />
      {adding && <AddGroup kind={kind} onClose={() => setAdding(false)} />}
    </>
  )
}

function GroupTable({ groups, kind }: { groups: readonly GroupInfo[]; kind: Kind }) {
  const { name, about, source } = peopleWords.groups.columns
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">{about}</th>
          {kind === 'groups' && <th scope="col">{source}</th>}
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <tr key={group.id}>
            <th scope="row">
              <span className="people-name">
                <Coin person={group} size="small" />
                <Link to={`/manage/people/${kind}/${encodeURIComponent(group.id)}`}>{called(group)}</Link>
              </span>
            </th>
            <td data-label={about}>{group.about ?? t.common.none}</td>
            {kind === 'groups' && <td data-label={source}>{group.source ?? peopleWords.groups.here}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function AddGroup({ kind, onClose }: { kind: Kind; onClose: () => void }) {
  const [name, setName] = useState('')
  const [about, setAbout] = useState('')
  const say = useSay()
  const navigate = useNavigate()
  const add = usePeopleAct(
    () => answer(api.POST(`/api/v1/${kind}`, { body: { name, ...(about.trim() ? { about } : {}) } })),
    (made) => {
      say(peopleWords[kind].added(called(made)))
      void navigate(`/manage/people/${kind}/${encodeURIComponent(made.id)}`)
    },
  )
  const refused = add.error ? problemOf(add.error) : undefined
  const { at, rest } = sortFields(refused?.fields ?? [], ['name', 'about'])
  return (
    <Dialog
      title={peopleWords[kind].add}
      open
      onClose={onClose}
      actions={
        <Button look="primary" type="submit" form="add-group" isDisabled={!name.trim()} busy={add.isPending}>
          {peopleWords[kind].add}
        </Button>
      }
    >
      {refused && (at.size === 0 || rest.length > 0) && <Failure error={refused} />}
      <Form id="add-group" className="stack" onSubmit={(event) => (event.preventDefault(), add.mutate(undefined))} validationBehavior="aria">
        <TextField label={peopleWords.groups.name} value={name} onChange={setName} error={at.get('name')} required autoFocus autoComplete="off" />
        <TextArea label={`${peopleWords.groups.about} (${t.common.optional})`} value={about} onChange={setAbout} error={at.get('about')} rows={2} />
      </Form>
    </Dialog>
  )
}
