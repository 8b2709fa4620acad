import { useQuery } from '@tanstack/react-query'
import type { SignedIn } from '../api/types'
import { useMe } from '../shell/session'
import { signInWords } from '../text/signin'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { agentInWords } from './agent'
import { mySessions, useEndSession } from './queries'
import './me.css'

/** Where you are signed in, and a way to end that. */
export function Sessions() {
  const words = signInWords.sessions
  const list = useQuery(mySessions)
  const say = useSay()
  const end = useEndSession((all) => say(all ? words.allEnded : words.ended))
  const items = list.data?.items ?? []
  return (
    <Section
      title={words.title}
      plain
      actions={
        items.length > 1 && (
          <Button onPress={() => end.mutate(undefined)} busy={end.isPending && end.variables === undefined}>
            {words.all}
          </Button>
        )
      }
    >
      <p className="quiet">{useMe().password ? words.leadPassword : words.lead}</p>
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {end.error && <Failure error={end.error} />}
      {list.isPending && <Skeleton rows={2} />}
      <ul className="sessions">
        {items.map((one) => (
          <Session key={one.id} session={one} end={() => end.mutate(one.id)} busy={end.isPending && end.variables === one.id} />
        ))}
      </ul>
    </Section>
  )
}

function howInWords({ provider, recovery }: SignedIn): string {
  const words = signInWords.sessions
  if (recovery) return words.recovery
  return provider ? words.provider(provider) : words.password
}

function Session({ session, end, busy }: { session: SignedIn; end: () => void; busy: boolean }) {
  const words = signInWords.sessions
  const name = agentInWords(session.agent, words.unknown)
  return (
    <li className="session">
      <div className="session-words">
        <div className="row">
          <strong>{name}</strong>
          {session.this && <Badge tone="good">{words.this}</Badge>}
        </div>
        <div className="small quiet">
          {howInWords(session)}, {words.from(session.place)}
        </div>
        <div className="small quiet">
          {words.begun} <When at={session.begun} />, {words.seen} <When at={session.seen} />
        </div>
      </div>
      {!session.this && (
        <Button onPress={end} busy={busy} aria-label={`${words.end}: ${name}`}>
          {words.end}
        </Button>
      )}
    </li>
  )
}
