import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { OAuthWant, WaitingConnection } from '../api/types'
import { useMe } from '../shell/session'
import { connectionsWords } from '../text/connections'
import { LinkButton } from '../ui/button/button'
import { Message } from '../ui/message/message'
import { useSay } from '../ui/toast/toast'
import { ConnectButton } from './connect'
import { myConnections, waitingConnections, wants } from './queries'

const words = connectionsWords.waiting

/** The connections that work waits for and this person can give. */
export const useWaitingConnections = (): readonly WaitingConnection[] => useQuery(waitingConnections).data?.items ?? []

/**
 * What work waits for and this person can give, each with one button. It goes
 * away by itself when the work goes on.
 */
export function WaitingConnections() {
  const list = useWaitingConnections()
  const some = list.length > 0
  const mine = useQuery({ ...myConnections, enabled: some })
  const all = useQuery({ ...wants, enabled: some && useMe().admin })
  const wanted = [...(mine.data?.wanted ?? []), ...(all.data?.items ?? [])]
  if (!some) return null
  return (
    <section className="waiting-connections" aria-label={words.title}>
      {list.map((one) => (
        <Card key={one.connect} of={one} want={wanted.find((want) => want.name === one.connect)} />
      ))}
    </section>
  )
}

function Card({ of, want }: { of: WaitingConnection; want: OAuthWant | undefined }) {
  const queries = useQueryClient()
  const say = useSay()
  const done = () => {
    say(words.done(want?.title ?? ''))
    void queries.invalidateQueries({ queryKey: waitingConnections.queryKey })
  }
  return (
    <Message tone="warn">
      <div className="waiting-card">
        <h3 className="waiting-title">{of.service ? words.service : words.yours}</h3>
        <p>{want?.for === 'me' ? words.own(want.title, of.why) : of.why}</p>
        <p className="small quiet">{words.steps(of.steps)}</p>
        {want && want.for !== 'app' ? (
          <ConnectButton
            resource={want.resource}
            title={want.title}
            look="primary"
            body={{ for: want.for === 'service' ? 'service' : 'me', ...(want.audience ? { audience: want.audience } : {}), ...(want.claims ? { claims: want.claims } : {}) }}
            onDone={done}
          />
        ) : (
          of.connect && <LinkButton to={want ? `/manage/oauth/${want.resource}` : `/connect/${of.connect}`}>{words.open}</LinkButton>
        )}
      </div>
    </Message>
  )
}
