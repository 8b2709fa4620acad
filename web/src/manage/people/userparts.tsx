import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from 'react-aria-components'
import { answer, api } from '../../api/client'
import { problemOf, sortFields } from '../../api/problem'
import type { IdentityLink, User } from '../../api/types'
import { peopleWords } from '../../text/people'
import { Button } from '../../ui/button/button'
import { Dialog } from '../../ui/dialog/dialog'
import { TextField } from '../../ui/field/field'
import { Section } from '../../ui/page/page'
import { Failure } from '../../ui/problem/problem'
import { Skeleton } from '../../ui/skeleton/skeleton'
import { useSay } from '../../ui/toast/toast'
import { When } from '../../ui/when/when'
import { called } from '../../words/person'
import { usePeopleAct, userLinks, userSessions } from './queries'
import { SystemField } from './systemfield'

/** Who somebody is in other systems. */
export function Elsewhere({ user }: { user: User }) {
  const links = useQuery(userLinks(user.id))
  return (
    <Section title={peopleWords.user.elsewhere} actions={<LinkPerson user={user} />}>
      {links.error && <Failure error={links.error} retry={() => void links.refetch()} />}
      {links.isPending && <Skeleton rows={1} />}
      {links.data?.items.length === 0 && <p className="quiet">{peopleWords.user.elsewhereNone}</p>}
      {links.data && links.data.items.length > 0 && (
        <ul className="people-list">
          {links.data.items.map((link) => (
            <li key={`${link.source} ${link.subject}`}>
              <span>
                {peopleWords.user.elsewhereAs(link.label, link.source)}
                {link.seen && (
                  <span className="quiet small table-under">
                    {peopleWords.user.seen} <When at={link.seen} />
                  </span>
                )}
              </span>
              <Unlink user={user} link={link} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

const fields = ['source', 'subject', 'label']

/** Says who somebody is in another system, on an administrator's word. */
function LinkPerson({ user }: { user: User }) {
  const [open, setOpen] = useState(false)
  const [source, setSource] = useState('')
  const [subject, setSubject] = useState('')
  const [label, setLabel] = useState('')
  const say = useSay()
  const add = usePeopleAct(
    () => answer(api.POST('/api/v1/users/{id}/links', { params: { path: { id: user.id } }, body: { source: source.trim(), subject: subject.trim(), label: label.trim() } })),
    () => {
      setOpen(false)
      setSubject('')
      setLabel('')
      say(peopleWords.user.linked)
    },
  )
  const refused = add.error ? problemOf(add.error) : undefined
  const { at, rest } = sortFields(refused?.fields ?? [], fields)
  return (
    <>
      <Button look="subtle" icon="plus" onPress={() => setOpen(true)}>
        {peopleWords.user.link}
      </Button>
      <Dialog
        title={peopleWords.user.linkTitle(called(user))}
        open={open}
        onClose={() => setOpen(false)}
        actions={
          <Button look="primary" type="submit" form="link-person" isDisabled={!source.trim() || !subject.trim()} busy={add.isPending}>
            {peopleWords.user.linkDo}
          </Button>
        }
      >
        <p className="quiet">{peopleWords.user.linkLead}</p>
        {refused && (at.size === 0 || rest.length > 0) && <Failure error={refused} />}
        <Form id="link-person" className="stack" onSubmit={(event) => (event.preventDefault(), add.mutate(undefined))} validationBehavior="aria">
          <SystemField value={source} onChange={setSource} error={at.get('source')} signIn />
          <TextField label={peopleWords.user.subject} value={subject} onChange={setSubject} help={peopleWords.user.subjectHelp} error={at.get('subject')} autoComplete="off" />
          <TextField label={peopleWords.user.label} value={label} onChange={setLabel} help={peopleWords.user.labelHelp} error={at.get('label')} autoComplete="off" />
        </Form>
      </Dialog>
    </>
  )
}

function Unlink({ user, link: { source, subject, label } }: { user: User; link: IdentityLink }) {
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const act = usePeopleAct(
    () => answer(api.DELETE('/api/v1/users/{id}/links', { params: { path: { id: user.id }, query: { source, subject } } })),
    () => say(peopleWords.user.unlinked),
  )
  return (
    <>
      <Button look="subtle" onPress={() => setAsking(true)}>
        {peopleWords.user.unlink}
      </Button>
      <Dialog
        title={peopleWords.user.unlinkTitle(label)}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        actions={
          <Button look="danger" onPress={() => act.mutate(undefined)} busy={act.isPending}>
            {peopleWords.user.unlink}
          </Button>
        }
      >
        <p>{peopleWords.user.unlinkLead}</p>
        {act.error && <Failure error={act.error} />}
      </Dialog>
    </>
  )
}

/** Where somebody is signed in. */
export function Sessions({ user }: { user: User }) {
  const sessions = useQuery(userSessions(user.id))
  const say = useSay()
  const end = usePeopleAct(
    (session: string | undefined) =>
      session === undefined
        ? answer(api.DELETE('/api/v1/users/{id}/sessions', { params: { path: { id: user.id } } }))
        : answer(api.DELETE('/api/v1/users/{id}/sessions/{session}', { params: { path: { id: user.id, session } } })),
    () => say(peopleWords.user.ended),
  )
  const list = sessions.data?.items ?? []
  return (
    <Section
      title={peopleWords.user.sessions}
      actions={
        list.length > 0 && (
          <Button look="subtle" onPress={() => end.mutate(undefined)} busy={end.isPending}>
            {peopleWords.user.endAll}
          </Button>
        )
      }
    >
      {(sessions.error ?? end.error) && <Failure error={sessions.error ?? end.error!} />}
      {sessions.isPending && <Skeleton rows={1} />}
      {sessions.data && list.length === 0 && <p className="quiet">{peopleWords.user.sessionsNone}</p>}
      {list.length > 0 && (
        <ul className="people-list">
          {list.map((session) => (
            <li key={session.id}>
              <span>
                {peopleWords.user.sessionAt(session.agent, session.place)}
                <span className="quiet small table-under">
                  <When at={session.seen} />
                </span>
              </span>
              <Button look="subtle" onPress={() => end.mutate(session.id)}>
                {peopleWords.user.end}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
