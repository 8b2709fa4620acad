import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../../api/client'
import type { IdentityLink, User } from '../../api/types'
import { t } from '../../text/en'
import { Button } from '../../ui/button/button'
import { Dialog } from '../../ui/dialog/dialog'
import { Section } from '../../ui/page/page'
import { Failure } from '../../ui/problem/problem'
import { Skeleton } from '../../ui/skeleton/skeleton'
import { useSay } from '../../ui/toast/toast'
import { When } from '../../ui/when/when'
import { usePeopleAct, userLinks, userSessions } from './queries'

/** Who somebody is in other systems. */
export function Elsewhere({ user }: { user: User }) {
  const links = useQuery(userLinks(user.id))
  return (
    <Section title={t.people.user.elsewhere}>
      {links.error && <Failure error={links.error} retry={() => void links.refetch()} />}
      {links.isPending && <Skeleton rows={1} />}
      {links.data?.items.length === 0 && <p className="quiet">{t.people.user.elsewhereNone}</p>}
      {links.data && links.data.items.length > 0 && (
        <ul className="people-list">
          {links.data.items.map((link) => (
            <li key={`${link.source} ${link.subject}`}>
              <span>
                {t.people.user.elsewhereAs(link.label, link.source)}
                {link.seen && (
                  <span className="quiet small table-under">
                    {t.people.user.seen} <When at={link.seen} />
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

function Unlink({ user, link: { source, subject, label } }: { user: User; link: IdentityLink }) {
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const act = usePeopleAct(
    () => answer(api.DELETE('/api/v1/users/{id}/links', { params: { path: { id: user.id }, query: { source, subject } } })),
    () => say(t.people.user.unlinked),
  )
  return (
    <>
      <Button look="subtle" onPress={() => setAsking(true)}>
        {t.people.user.unlink}
      </Button>
      <Dialog
        title={t.people.user.unlinkTitle(label)}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        actions={
          <Button look="danger" onPress={() => act.mutate(undefined)} busy={act.isPending}>
            {t.people.user.unlink}
          </Button>
        }
      >
        <p>{t.people.user.unlinkLead}</p>
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
    () => say(t.people.user.ended),
  )
  const list = sessions.data?.items ?? []
  return (
    <Section
      title={t.people.user.sessions}
      actions={
        list.length > 0 && (
          <Button look="subtle" onPress={() => end.mutate(undefined)} busy={end.isPending}>
            {t.people.user.endAll}
          </Button>
        )
      }
    >
      {(sessions.error ?? end.error) && <Failure error={sessions.error ?? end.error!} />}
      {sessions.isPending && <Skeleton rows={1} />}
      {sessions.data && list.length === 0 && <p className="quiet">{t.people.user.sessionsNone}</p>}
      {list.length > 0 && (
        <ul className="people-list">
          {list.map((session) => (
            <li key={session.id}>
              <span>
                {t.people.user.sessionAt(session.agent, session.place)}
                <span className="quiet small table-under">
                  <When at={session.seen} />
                </span>
              </span>
              <Button look="subtle" onPress={() => end.mutate(session.id)}>
                {t.people.user.end}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
