import { useState } from 'react'
import { Form } from 'react-aria-components'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { answer, api } from '../../api/client'
import { problemOf, sortFields } from '../../api/problem'
import type { User } from '../../api/types'
import { t } from '../../text/en'
import { peopleWords } from '../../text/people'
import { called } from '../../words/person'
import { Badge } from '../../ui/badge/badge'
import { Button } from '../../ui/button/button'
import { Coin } from '../../ui/coin/coin'
import { Dialog } from '../../ui/dialog/dialog'
import { Empty } from '../../ui/empty/empty'
import { Check, Select, TextField } from '../../ui/field/field'
import { Find } from '../../ui/find/find'
import { More } from '../../ui/more/more'
import { useTitle } from '../../ui/page/page'
import { Failure } from '../../ui/problem/problem'
import { Skeleton } from '../../ui/skeleton/skeleton'
import { useSay } from '../../ui/toast/toast'
import { shows, usePeopleAct, useUsers, type Show } from './queries'

/** Everybody with an account; the server searches and filters. */
export function UsersPage() {
  useTitle(peopleWords.parts.users)
  const [params, setParams] = useSearchParams()
  const [adding, setAdding] = useState(false)
  const show = shows.find((one) => one === params.get('show')) ?? 'all'
  const users = useUsers(params.get('q') ?? '', show)
  const list = users.data?.pages.flatMap((page) => page.items) ?? []
  const setShow = (next: string) => {
    const now = new URLSearchParams(params)
    if (next === 'all') now.delete('show')
    else now.set('show', next)
    setParams(now, { replace: true })
  }
  return (
    <>
      <div className="people-tools">
        <Find label={peopleWords.find} />
        <Select label={peopleWords.users.show} unseenLabel value={show} onChange={setShow} options={shows.map((id: Show) => ({ id, label: peopleWords.users.shows[id] }))} />
        <Button look="primary" icon="plus" onPress={() => setAdding(true)}>
          {peopleWords.users.add}
        </Button>
      </div>
      {users.error && <Failure error={users.error} retry={() => void users.refetch()} />}
      {users.isPending && <Skeleton rows={5} />}
      {users.data && list.length === 0 && <Empty icon="people">{peopleWords.users.none}</Empty>}
      {list.length > 0 && <UserTable users={list} />}
      <More list={users} />
      {adding && <AddUser onClose={() => setAdding(false)} />}
    </>
  )
}

function UserTable({ users }: { users: readonly User[] }) {
  const { name, login, email, groups } = peopleWords.users.columns
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">{login}</th>
          <th scope="col">{email}</th>
          <th scope="col">{groups}</th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <th scope="row">
              <span className="people-name">
                <Coin person={user} size="small" />
                <span>
                  <Link to={`/manage/people/users/${encodeURIComponent(user.id)}`}>{called(user)}</Link> <Marks user={user} />
                </span>
              </span>
            </th>
            <td data-label={login}>{user.login}</td>
            <td data-label={email}>{user.email ?? t.common.none}</td>
            <td data-label={groups}>{groupsInWords(user)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const mostGroups = 3

function groupsInWords(user: User): string {
  const names = user.groups.map(called)
  if (names.length === 0) return t.common.none
  if (names.length <= mostGroups) return names.join(', ')
  return `${names.slice(0, mostGroups).join(', ')} ${peopleWords.users.more(names.length - mostGroups)}`
}

/** What is special about an account, in a word each. */
export function Marks({ user }: { user: User }) {
  return (
    <>
      {user.admin && <Badge tone="info">{peopleWords.users.admin}</Badge>} {user.disabled && <Badge tone="bad">{peopleWords.users.off}</Badge>}{' '}
      {user.app && <Badge>{peopleWords.users.app}</Badge>} {user.source && <Badge>{user.source}</Badge>}
    </>
  )
}

const fields = ['login', 'name', 'email', 'password']

function AddUser({ onClose }: { onClose: () => void }) {
  const [draft, setDraft] = useState({ login: '', name: '', email: '', password: '', admin: false })
  const say = useSay()
  const navigate = useNavigate()
  const add = usePeopleAct(
    () =>
      answer(
        api.POST('/api/v1/users', {
          body: { login: draft.login.trim().toLowerCase(), name: draft.name, admin: draft.admin, ...(draft.email ? { email: draft.email } : {}), ...(draft.password ? { password: draft.password } : {}) },
        }),
      ),
    (made) => {
      say(peopleWords.users.added(called(made)))
      void navigate(`/manage/people/users/${encodeURIComponent(made.id)}`)
    },
  )
  const refused = add.error ? problemOf(add.error) : undefined
  const { at, rest } = sortFields(refused?.fields ?? [], fields)
  const set = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part })
  return (
    <Dialog
      title={peopleWords.users.add}
      open
      onClose={onClose}
      actions={
        <Button look="primary" type="submit" form="add-user" isDisabled={!draft.login.trim()} busy={add.isPending}>
          {peopleWords.users.add}
        </Button>
      }
    >
      {refused && (at.size === 0 || rest.length > 0) && <Failure error={refused} />}
      <Form id="add-user" className="stack" onSubmit={(event) => (event.preventDefault(), add.mutate(undefined))} validationBehavior="aria">
        <TextField label={peopleWords.user.login} value={draft.login} onChange={(login) => set({ login })} help={peopleWords.user.loginHelp} error={at.get('login')} required autoFocus autoComplete="off" />
        <TextField label={peopleWords.user.name} value={draft.name} onChange={(name) => set({ name })} error={at.get('name')} autoComplete="off" />
        <TextField label={peopleWords.user.email} value={draft.email} onChange={(email) => set({ email })} help={peopleWords.user.emailHelp} error={at.get('email')} inputMode="email" autoComplete="off" />
        <TextField label={peopleWords.user.password} type="password" value={draft.password} onChange={(password) => set({ password })} help={peopleWords.user.passwordHelp} error={at.get('password')} autoComplete="new-password" />
        <Check label={peopleWords.users.admin} value={draft.admin} onChange={(admin) => set({ admin })} />
      </Form>
    </Dialog>
  )
}
