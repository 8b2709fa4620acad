import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from 'react-aria-components'
import { Link, useParams } from 'react-router'
import { answer, api } from '../../api/client'
import { AbsencePart } from '../../me/absence'
import { problemOf, sortFields } from '../../api/problem'
import type { User } from '../../api/types'
import { t } from '../../text/en'
import { peopleWords } from '../../text/people'
import { called } from '../../words/person'
import { Button, LinkButton } from '../../ui/button/button'
import { Coin } from '../../ui/coin/coin'
import { Dialog } from '../../ui/dialog/dialog'
import { Check, TextArea, TextField } from '../../ui/field/field'
import { Message } from '../../ui/message/message'
import { Section, useTitle } from '../../ui/page/page'
import { PersonPicker } from '../../ui/person/picker'
import { Failure } from '../../ui/problem/problem'
import { Skeleton } from '../../ui/skeleton/skeleton'
import { useSay } from '../../ui/toast/toast'
import { usePeopleAct, user } from './queries'
import { Elsewhere, Sessions } from './userparts'
import { Marks } from './users'
import { WhyButton } from './why'

/** One account: what it is, what it belongs to, and what can be done with it. */
export function UserPage() {
  const { id = '' } = useParams()
  const one = useQuery(user(id))
  useTitle(one.data ? called(one.data) : peopleWords.parts.users)
  return (
    <>
      <div>
        <LinkButton look="subtle" icon="back" to="/manage/people/users">
          {peopleWords.parts.users}
        </LinkButton>
      </div>
      {one.error && <Failure error={one.error} retry={() => void one.refetch()} />}
      {one.isPending && <Skeleton rows={4} />}
      {one.data && !one.error && <UserParts key={one.data.id} user={one.data} />}
    </>
  )
}

function UserParts({ user }: { user: User }) {
  return (
    <>
      <div className="people-parts">
        <h2 className="people-name">
          <Coin person={user} />
          <span>
            {called(user)} <Marks user={user} />
          </span>
        </h2>
        <div className="row">
          <WhyButton person={user.login ?? user.id} />
          {!user.source && <Password user={user} />}
          {!user.source && <Switch user={user} />}
        </div>
      </div>
      {user.disabled && <Message tone="warn">{peopleWords.user.isOff}</Message>}
      {user.source && <Message>{peopleWords.kept(user.source)}</Message>}
      <div className="people-two">
        <Section title={peopleWords.user.about}>
          <AccountForm user={user} />
        </Section>
        <div>
          <Section title={peopleWords.user.groups}>
            <Groups user={user} />
          </Section>
          {!user.app && !user.disabled && <AbsencePart of={user} />}
          <Elsewhere user={user} />
          {!user.app && <Sessions user={user} />}
        </div>
      </div>
    </>
  )
}

const fields = ['name', 'email', 'addresses', 'manager']

function AccountForm({ user }: { user: User }) {
  const [name, setName] = useState(user.name)
  const [email, setEmail] = useState(user.email ?? '')
  const [more, setMore] = useState(user.addresses.slice(1).join('\n'))
  const [manager, setManager] = useState(user.manager?.login ?? user.manager?.id ?? '')
  const [admin, setAdmin] = useState(user.admin)
  const say = useSay()
  const ruled = Boolean(user.source)
  const reached = { email, manager, addresses: more.split('\n').map((line) => line.trim()).filter(Boolean) }
  const theirs = ruled ? {} : user.app ? { name } : { name, ...reached }
  const save = usePeopleAct(
    () => answer(api.PATCH('/api/v1/users/{id}', { params: { path: { id: user.id } }, body: { ...theirs, admin } })),
    () => say(peopleWords.user.saved),
  )
  const refused = save.error ? problemOf(save.error) : undefined
  const { at, rest } = sortFields(refused?.fields ?? [], fields)
  return (
    <Form className="stack" onSubmit={(event) => (event.preventDefault(), save.mutate(undefined))} validationBehavior="aria">
      {refused && (at.size === 0 || rest.length > 0) && <Failure error={refused} />}
      <p>
        <span className="quiet">{peopleWords.user.login}:</span> {user.login} <span className="quiet small">({user.id})</span>
      </p>
      {!ruled && (
        <>
          <TextField label={peopleWords.user.name} value={name} onChange={setName} error={at.get('name')} autoComplete="off" />
          {!user.app && (
            <>
              <TextField label={peopleWords.user.email} value={email} onChange={setEmail} help={peopleWords.user.emailHelp} error={at.get('email')} inputMode="email" autoComplete="off" />
              <TextArea label={peopleWords.user.addresses} value={more} onChange={setMore} rows={2} help={peopleWords.user.addressesHelp} error={at.get('addresses')} />
              <PersonPicker label={peopleWords.user.manager} value={manager} onChange={setManager} error={at.get('manager')} />
            </>
          )}
        </>
      )}
      {ruled && !user.app && (
        <>
          <p>
            <span className="quiet">{peopleWords.user.email}:</span> {user.addresses.join(', ') || t.common.none}
          </p>
          <p>
            <span className="quiet">{peopleWords.user.manager}:</span> {user.manager ? called(user.manager) : t.common.none}
          </p>
        </>
      )}
      <Check label={peopleWords.users.admin} value={admin} onChange={setAdmin} />
      <div>
        <Button look="primary" type="submit" busy={save.isPending}>
          {peopleWords.user.save}
        </Button>
      </div>
    </Form>
  )
}

function Groups({ user }: { user: User }) {
  if (user.groups.length === 0) return <p className="quiet">{peopleWords.user.noGroups}</p>
  return (
    <ul className="people-list">
      {user.groups.map((group) => (
        <li key={group.id}>
          <Link className="people-name" to={`/manage/people/${group.role ? 'roles' : 'groups'}/${encodeURIComponent(group.id)}`}>
            <Coin person={group} size="small" />
            <span>{called(group)}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

function Switch({ user }: { user: User }) {
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const act = usePeopleAct(
    (disabled: boolean) => answer(api.PATCH('/api/v1/users/{id}', { params: { path: { id: user.id } }, body: { disabled } })),
    (_, disabled) => {
      setAsking(false)
      say(disabled ? peopleWords.user.switchedOff(called(user)) : peopleWords.user.switchedOn(called(user)))
    },
  )
  if (user.disabled) {
    return (
      <>
        {act.error && <Failure error={act.error} />}
        <Button onPress={() => act.mutate(false)} busy={act.isPending}>
          {peopleWords.user.switchOn}
        </Button>
      </>
    )
  }
  return (
    <>
      <Button look="danger" onPress={() => setAsking(true)}>
        {peopleWords.user.switchOff}
      </Button>
      <Dialog
        title={peopleWords.user.switchOffTitle(called(user))}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        actions={
          <Button look="danger" onPress={() => act.mutate(true)} busy={act.isPending}>
            {peopleWords.user.switchOff}
          </Button>
        }
      >
        <p>{peopleWords.user.switchOffLead}</p>
        {act.error && <Failure error={act.error} />}
      </Dialog>
    </>
  )
}

function Password({ user }: { user: User }) {
  const [open, setOpen] = useState(false)
  const [password, setPassword] = useState('')
  const say = useSay()
  const act = usePeopleAct(
    () => answer(api.PUT('/api/v1/users/{id}/password', { params: { path: { id: user.id } }, body: { password } })),
    () => {
      setOpen(false)
      setPassword('')
      say(peopleWords.user.passwordSet)
    },
  )
  if (user.app) return null
  return (
    <>
      <Button onPress={() => setOpen(true)}>{peopleWords.user.setPassword}</Button>
      <Dialog
        title={peopleWords.user.setPasswordTitle(called(user))}
        open={open}
        onClose={() => setOpen(false)}
        actions={
          <Button look="primary" type="submit" form="set-password" isDisabled={!password} busy={act.isPending}>
            {peopleWords.user.setPassword}
          </Button>
        }
      >
        <p className="quiet">{peopleWords.user.setPasswordLead}</p>
        {act.error && <Failure error={act.error} />}
        <Form id="set-password" onSubmit={(event) => (event.preventDefault(), act.mutate(undefined))}>
          <TextField label={peopleWords.user.newPassword} type="password" value={password} onChange={setPassword} autoComplete="new-password" required autoFocus />
        </Form>
      </Dialog>
    </>
  )
}
