import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Trust, TrustedIssuer, TrustKeys } from '../api/types'
import { sentence } from '../api/problem'
import { trustWords } from '../text/trust'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Message } from '../ui/message/message'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { AskRemoval, Entry, Fact, Facts } from './entries'
import { IssuerForm } from './trustform'
import { NewEntry } from './trustnew'
import { whose } from './trustentry'
import { OtherSide } from './trustother'
import { trusted, trustKeys, useRefreshKeys, useTrust, waitingNewcomers } from './trustqueries'

/** Whose bearer tokens count: one page, one setting. */
export function TrustPage() {
  useTitle(trustWords.title)
  const [params] = useSearchParams()
  const set = useQuery(trusted)
  if (set.error) return <Failure error={set.error} retry={() => void set.refetch()} />
  if (!set.data) return <Skeleton rows={3} tall />
  const { body, etag } = set.data
  const entry = body.issuers.find((one) => one.name === params.get('entry'))
  if (entry) return <IssuerForm key={entry.name} entry={entry} all={body.issuers} etag={etag} />
  const adding = params.has('add') || body.issuers.length === 0
  return (
    <>
      <Waiting />
      {body.failed && (
        <Message tone="bad" live>
          {sentence(body.failed)}
        </Message>
      )}
      {adding && <NewEntry all={body.issuers} etag={etag} />}
      {!adding && <Entries set={body} etag={etag} />}
    </>
  )
}

/** That somebody waits to be let in. */
function Waiting() {
  const count = useQuery(waitingNewcomers).data?.items.length ?? 0
  if (count === 0) return null
  return (
    <Message action={<LinkButton to="/manage/trust/newcomers">{trustWords.seeWaiting}</LinkButton>}>
      {count < 50 ? trustWords.waiting(count) : trustWords.waitingMany}
    </Message>
  )
}

function Entries({ set, etag }: { set: Trust; etag: string | undefined }) {
  const keys = useQuery(trustKeys).data?.items ?? []
  return (
    <Section
      title={trustWords.whose}
      plain
      actions={
        <LinkButton look="primary" icon="plus" to="/manage/trust?add">
          {trustWords.add}
        </LinkButton>
      }
    >
      <p className="quiet">{trustWords.lead}</p>
      <ul className="entries">
        {set.issuers.map((entry, place) => (
          <Issuer key={entry.name} entry={entry} set={set} place={place} etag={etag} keys={keys.filter((one) => one.issuer === entry.name)} />
        ))}
      </ul>
    </Section>
  )
}

interface IssuerProps {
  entry: TrustedIssuer
  set: Trust
  place: number
  etag: string | undefined
  keys: readonly TrustKeys[]
}

function Issuer({ entry, set, place, etag, keys }: IssuerProps) {
  const { facts } = trustWords
  const warnings = set.warnings.filter((one) => one.field.startsWith(`issuers[${place}].`))
  return (
    <Entry name={entry.name} badges={<Badge>{trustWords.kinds[entry.profile] ?? entry.profile}</Badge>}>
      <Facts>
        <Fact name={facts.whose}>{whose(entry, trustWords.anyTenant)}</Fact>
        <Fact name={facts.audiences}>{entry.audiences.join(', ')}</Fact>
        <Fact name={facts.people}>{entry.noPeople ? trustWords.noPeople : trustWords.peopleWith((entry.scopes ?? []).join(', '))}</Fact>
        <Fact name={facts.newcomers}>{trustWords.newcomersOf[entry.newcomers]}</Fact>
        <Fact name={facts.apps}>{appsOf(entry)}</Fact>
        {keys.map((one) => (
          <Fact key={`${one.url} ${one.version ?? ''}`} name={one.version ? `${facts.keys} ${one.version}` : facts.keys}>
            <KeyState keys={one} />
          </Fact>
        ))}
      </Facts>
      {warnings.map((one) => (
        <Message key={`${one.field} ${one.reason}`} tone="warn">
          {sentence(one.reason, one.advice)}
        </Message>
      ))}
      {entry.profile === 'entra' && <OtherSide audience={entry.audiences.join(', ')} tenant={entry.tenants?.[0]} scope={entry.scopes?.[0]} />}
      <EntryActions entry={entry} set={set} etag={etag} />
    </Entry>
  )
}

function appsOf(entry: TrustedIssuer): string {
  if (entry.apps === 'role') return trustWords.appsWith((entry.roles ?? []).join(', '))
  if (entry.apps === 'list') return trustWords.appsListed((entry.appClients ?? []).length)
  return trustWords.noPeople
}

function KeyState({ keys }: { keys: TrustKeys }) {
  return (
    <>
      {keys.fetched ? (
        <>
          {trustWords.keys.good(keys.keys.length)} <When at={keys.fetched} />
          {keys.kept && `; ${trustWords.keys.kept}`}
          {keys.kept && keys.next && (
            <>
              , {trustWords.keys.next} <When at={keys.next} />
            </>
          )}
        </>
      ) : (
        trustWords.keys.none
      )}
      {keys.problem && (
        <span className="entry-bad">
          {trustWords.keys.failed} {keys.problem}
        </span>
      )}
    </>
  )
}

function EntryActions({ entry, set, etag }: { entry: TrustedIssuer; set: Trust; etag: string | undefined }) {
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const refresh = useRefreshKeys(() => say(trustWords.keys.refreshed))
  const save = useTrust(() => say(trustWords.removed(entry.name)))
  const remove = () => save.mutate({ issuers: set.issuers.filter((one) => one !== entry), etag })
  return (
    <>
      <div className="entry-actions">
        <LinkButton to={`/manage/trust?entry=${encodeURIComponent(entry.name)}`}>{trustWords.edit}</LinkButton>
        <Button onPress={() => refresh.mutate(entry.name)} busy={refresh.isPending}>
          {trustWords.keys.refresh}
        </Button>
        <Button look="subtle" onPress={() => setAsking(true)}>
          {trustWords.remove}
        </Button>
      </div>
      {refresh.error && <Failure error={refresh.error} />}
      <AskRemoval open={asking} close={() => setAsking(false)} title={trustWords.removeTitle(entry.name)} lead={trustWords.removeLead} label={trustWords.remove} busy={save.isPending} error={save.error} remove={remove} reset={save.reset} />
    </>
  )
}
