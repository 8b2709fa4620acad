import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { OAuthToken } from '../api/types'
import { ConnectButton, sentence } from '../connect/connect'
import { myConnections, useDisconnect, waitingConnections } from '../connect/queries'
import { AskRemoval, Entry } from '../manage/entries'
import { connectionsWords } from '../text/connections'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'

const words = connectionsWords.mine

/** One's accounts in other systems: what is wanted, what there is, what there could be. */
export function Connections() {
  const list = useQuery(myConnections)
  const waiting = useQuery(waitingConnections).data?.items ?? [] // these have a card of their own, above
  const [asked, setAsked] = useState<OAuthToken>()
  const say = useSay()
  const disconnect = useDisconnect(() => {
    say(words.removed(asked?.title ?? ''))
    setAsked(undefined)
  })
  const got = list.data
  if (got && got.connections.length === 0 && got.possible.length === 0) return null // nothing here concerns anybody
  const has = (resource: string) => got?.connections.some((one) => one.resource === resource) || got?.wanted.some((one) => one.resource === resource)
  const others = (got?.possible ?? []).filter((one) => !has(one.name))
  return (
    <Section title={words.title} plain>
      <p className="quiet">{words.lead}</p>
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={2} />}
      {got?.wanted
        .filter((one) => !waiting.some((other) => other.connect === one.name))
        .filter((one) => !got.connections.some((held) => held.resource === one.resource && held.audience === one.audience))
        .map((one) => (
          <Message key={one.name} tone="warn">
            <p>{one.why}</p>
            <ConnectButton resource={one.resource} title={one.title} look="primary" body={{ for: 'me', ...(one.audience ? { audience: one.audience } : {}), ...(one.claims ? { claims: one.claims } : {}) }} />
          </Message>
        ))}
      {got?.connections.length === 0 && got.wanted.length === 0 && <p className="quiet">{words.none}</p>}
      <ul className="entries">
        {got?.connections.map((one) => (
          <Connection key={one.id} of={one} onRemove={() => setAsked(one)} />
        ))}
      </ul>
      {others.map((one) => (
        <ConnectButton key={one.name} resource={one.name} title={one.title} body={{ for: 'me' }} />
      ))}
      <AskRemoval open={asked !== undefined} close={() => setAsked(undefined)} title={words.removeTitle(asked?.title ?? '')} lead={words.removeLead} label={words.remove} busy={disconnect.isPending} error={disconnect.error} remove={() => asked && disconnect.mutate(asked.id)} reset={disconnect.reset} />
    </Section>
  )
}

function Connection({ of, onRemove }: { of: OAuthToken; onRemove: () => void }) {
  const fine = of.state === 'valid'
  return (
    <Entry name={of.title} badges={<State of={of} />}>
      <p className="quiet">
        {of.account ? words.as(of.account) : words.connected} {words.since} <When at={of.connected} />
      </p>
      {of.problem && (
        <p>
          {sentence(of.problem.detail)} {of.problem.advice && sentence(of.problem.advice)}
        </p>
      )}
      <div className="row">
        {!fine && of.state !== 'failing' && <ConnectButton resource={of.resource} title={of.title} label={words.again} look="primary" body={{ for: 'me', ...(of.audience ? { audience: of.audience } : {}) }} />}
        <Button icon="bin" onPress={onRemove} aria-label={`${words.remove} ${of.title}`}>
          {words.remove}
        </Button>
      </div>
    </Entry>
  )
}

/** How a token fares, as a badge. */
export function State({ of }: { of: OAuthToken }) {
  const tone = of.state === 'valid' ? 'good' : of.state === 'expiring' ? 'warn' : 'bad'
  return <Badge tone={tone}>{connectionsWords.tokens.states[of.state] ?? of.state}</Badge>
}
