import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from 'react-aria-components'
import { Link, useNavigate, useParams } from 'react-router'
import { answer, api } from '../../api/client'
import { problemOf, sortFields } from '../../api/problem'
import type { Group } from '../../api/types'
import { peopleWords } from '../../text/people'
import { called } from '../../words/person'
import { Badge } from '../../ui/badge/badge'
import { Button, LinkButton } from '../../ui/button/button'
import { Coin } from '../../ui/coin/coin'
import { Dialog } from '../../ui/dialog/dialog'
import { TextArea, TextField } from '../../ui/field/field'
import { Message } from '../../ui/message/message'
import { More } from '../../ui/more/more'
import { Section, useTitle } from '../../ui/page/page'
import { PersonPicker } from '../../ui/person/picker'
import { Failure } from '../../ui/problem/problem'
import { Skeleton } from '../../ui/skeleton/skeleton'
import { useSay } from '../../ui/toast/toast'
import { GroupLinks } from './grouplinks'
import { group, useEverybodyIn, usePeopleAct, type Kind } from './queries'

export function GroupPage() {
  return <OnePage kind="groups" />
}

export function RolePage() {
  return <OnePage kind="roles" />
}

/** One group or role: who was put in, who is in by any way, and what it stands for elsewhere. */
function OnePage({ kind }: { kind: Kind }) {
  const { id = '' } = useParams()
  const one = useQuery(group(kind, id))
  useTitle(one.data ? called(one.data) : peopleWords.parts[kind])
  return (
    <>
      <div>
        <LinkButton look="subtle" icon="back" to={`/manage/people/${kind}`}>
          {peopleWords.parts[kind]}
        </LinkButton>
      </div>
      {one.error && <Failure error={one.error} retry={() => void one.refetch()} />}
      {one.isPending && <Skeleton rows={4} />}
      {one.data && !one.error && <GroupParts key={one.data.id} group={one.data} kind={kind} />}
    </>
  )
}

function GroupParts({ group, kind }: { group: Group; kind: Kind }) {
  return (
    <>
      <div className="people-parts">
        <h2 className="people-name">
          <Coin person={group} />
          <span>
            {called(group)} {group.source && <Badge>{group.source}</Badge>}
          </span>
        </h2>
        {!group.source && <Remove group={group} kind={kind} />}
      </div>
      {group.source && <Message>{peopleWords.keptGroup(group.source)}</Message>}
      <div className="people-two">
        <div>
          <Section title={peopleWords.group.members}>
            <Members group={group} kind={kind} />
          </Section>
          <Section title={peopleWords.group.all}>
            <p className="quiet">{peopleWords.group.allLead}</p>
            <Everybody group={group} kind={kind} />
          </Section>
        </div>
        <div>
          <Section title={peopleWords.groups.name}>
            <NameForm group={group} kind={kind} />
          </Section>
          {!group.source && <GroupLinks group={group} />}
        </div>
      </div>
    </>
  )
}

function Members({ group, kind }: { group: Group; kind: Kind }) {
  const [who, setWho] = useState('')
  const [round, setRound] = useState(0)
  const say = useSay()
  const put = usePeopleAct(
    async () => {
      const { items } = await answer(api.GET('/api/v1/people', { params: { query: { q: who, limit: 50 } } }))
      const meant = items.find((one) => one.login === who || one.id === who)
      await answer(api.PUT(`/api/v1/${kind}/{id}/members/{member}`, { params: { path: { id: group.id, member: meant?.id ?? who } } }))
      return meant ? called(meant) : who
    },
    (name) => {
      setWho('')
      setRound(round + 1)
      say(peopleWords.group.putIn(name))
    },
  )
  return (
    <>
      {!group.source && (
        <Form className="people-put" onSubmit={(event) => (event.preventDefault(), who && put.mutate(undefined))}>
          <PersonPicker key={round} label={kind === 'roles' ? peopleWords.group.addRole : peopleWords.group.add} value={who} onChange={setWho} groups />
          <Button type="submit" isDisabled={!who} busy={put.isPending}>
            {peopleWords.group.put}
          </Button>
        </Form>
      )}
      {put.error && <Failure error={put.error} />}
      {group.members.length === 0 && <p className="quiet">{peopleWords.group.membersNone}</p>}
      {group.members.length > 0 && (
        <ul className="people-list">
          {group.members.map((member) => (
            <li key={member.id}>
              <Link className="people-name" to={`/manage/people/${member.group ? 'groups' : 'users'}/${encodeURIComponent(member.id)}`}>
                <Coin person={member} size="small" />
                <span>{called(member)}</span>
              </Link>
              {member.via ? <Badge>{peopleWords.group.via(member.via)}</Badge> : !group.source && <TakeOut group={group} kind={kind} id={member.id} name={called(member)} />}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function TakeOut({ group, kind, id, name }: { group: Group; kind: Kind; id: string; name: string }) {
  const say = useSay()
  const take = usePeopleAct(
    () => answer(api.DELETE(`/api/v1/${kind}/{id}/members/{member}`, { params: { path: { id: group.id, member: id } } })),
    () => say(peopleWords.group.taken(name)),
  )
  return (
    <>
      {take.error && <Failure error={take.error} />}
      <Button look="subtle" aria-label={peopleWords.group.takeOutOf(name)} onPress={() => take.mutate(undefined)} busy={take.isPending}>
        {peopleWords.group.takeOut}
      </Button>
    </>
  )
}

function Everybody({ group, kind }: { group: Group; kind: Kind }) {
  const all = useEverybodyIn(kind, group.id)
  const list = all.data?.pages.flatMap((page) => page.items) ?? []
  if (all.error) return <Failure error={all.error} retry={() => void all.refetch()} />
  if (all.isPending) return <Skeleton rows={2} />
  if (list.length === 0) return <p className="quiet">{peopleWords.group.allNone}</p>
  return (
    <>
      <ul className="people-list">
        {list.map((person) => (
          <li key={person.id}>
            <Link className="people-name" to={`/manage/people/users/${encodeURIComponent(person.id)}`}>
              <Coin person={person} size="small" />
              <span>{called(person)}</span>
            </Link>
            <span className="quiet small">{person.through.length > 0 ? peopleWords.group.through(person.through.map(called).join(' › ')) : peopleWords.group.directly}</span>
          </li>
        ))}
      </ul>
      <More list={all} />
    </>
  )
}

function NameForm({ group, kind }: { group: Group; kind: Kind }) {
  const [name, setName] = useState(group.name)
  const [about, setAbout] = useState(group.about ?? '')
  const say = useSay()
  const save = usePeopleAct(
    () => answer(api.PATCH(`/api/v1/${kind}/{id}`, { params: { path: { id: group.id } }, body: group.source ? { about } : { name, about } })),
    () => say(peopleWords.group.saved),
  )
  const refused = save.error ? problemOf(save.error) : undefined
  const { at, rest } = sortFields(refused?.fields ?? [], ['name', 'about'])
  return (
    <Form className="stack" onSubmit={(event) => (event.preventDefault(), save.mutate(undefined))} validationBehavior="aria">
      {refused && (at.size === 0 || rest.length > 0) && <Failure error={refused} />}
      {!group.source && <TextField label={peopleWords.groups.name} value={name} onChange={setName} error={at.get('name')} required autoComplete="off" />}
      <TextArea label={peopleWords.groups.about} value={about} onChange={setAbout} error={at.get('about')} rows={2} />
      <div>
        <Button look="primary" type="submit" busy={save.isPending}>
          {peopleWords.group.save}
        </Button>
      </div>
    </Form>
  )
}

function Remove({ group, kind }: { group: Group; kind: Kind }) {
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const navigate = useNavigate()
  const act = usePeopleAct(
    () => answer(api.DELETE(`/api/v1/${kind}/{id}`, { params: { path: { id: group.id } } })),
    () => {
      say(peopleWords.group.removed(called(group)))
      void navigate(`/manage/people/${kind}`)
    },
  )
  return (
    <>
      <Button look="danger" icon="bin" onPress={() => setAsking(true)}>
        {peopleWords.group.remove}
      </Button>
      <Dialog
        title={peopleWords.group.removeTitle(called(group))}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        actions={
          <Button look="danger" onPress={() => act.mutate(undefined)} busy={act.isPending}>
            {peopleWords.group.remove}
          </Button>
        }
      >
        <p>{peopleWords.group.removeLead}</p>
        {act.error && <Failure error={act.error} />}
      </Dialog>
    </>
  )
}
