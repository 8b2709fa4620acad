import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { OAuthResource, OAuthType } from '../api/types'
import { wants } from '../connect/queries'
import { connectionsWords } from '../text/connections'
import { Badge } from '../ui/badge/badge'
import { LinkButton } from '../ui/button/button'
import { Message } from '../ui/message/message'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { Entries, Entry, Fact, Facts } from './entries'
import { ResourceForm } from './oauthform'
import { oauthResources, oauthTypes } from './oauthqueries'
import { Tokens } from './oauthtokens'

const words = connectionsWords

/** Systems that this server has tokens for. */
export function OAuthPage() {
  useTitle(words.title)
  const [params] = useSearchParams()
  const list = useQuery(oauthResources)
  const types = useQuery(oauthTypes)
  const error = list.error ?? types.error
  if (error) return <Failure error={error} retry={() => void Promise.all([list.refetch(), types.refetch()])} />
  if (!list.data || !types.data) return <Skeleton rows={3} tall />
  if (params.has('add')) return <ResourceForm types={types.data.items} />
  return <List items={list.data.items} types={types.data.items} />
}

function List({ items, types }: { items: readonly OAuthResource[]; types: readonly OAuthType[] }) {
  const add = (
    <span className="row">
      <LinkButton to="/manage/oauth/types/all">{words.types.open}</LinkButton>
      <LinkButton look="primary" icon="plus" to="/manage/oauth?add">
        {words.add}
      </LinkButton>
    </span>
  )
  return (
    <>
      {items.length > 0 && <Wanted />}
      <Entries title={words.title} lead={words.lead} empty={words.empty} icon="keys" add={add}>
        {items.map((one) => (
          <Entry
            key={one.name}
            name={one.title}
            badges={
              <>
                <Badge>{types.find((type) => type.name === one.type)?.title ?? one.type}</Badge>
                <Ending of={one} />
              </>
            }
          >
            <ResourceFacts of={one} />
            <div className="row">
              <LinkButton to={`/manage/oauth/${one.name}`} aria-label={`${words.open} ${one.title}`}>
                {words.open}
              </LinkButton>
            </div>
          </Entry>
        ))}
      </Entries>
      {items.length > 0 && <Tokens resource="" />}
    </>
  )
}

/** What somebody has to connect, as a line above everything. */
function Wanted() {
  const list = useQuery(wants).data?.items ?? []
  const first = list.find((one) => one.for !== 'me') ?? list[0]
  if (!first) return null
  const to = first.for === 'app' ? `/manage/oauth/${first.resource}` : `/connect/${first.name}`
  return (
    <Message tone="warn" action={first.for !== 'me' && <LinkButton to={to}>{words.wants.open}</LinkButton>}>
      {words.wants.count(list.length)}: {first.why}
    </Message>
  )
}

const soon = 30 * 24 * 3600 * 1000

/** A word when the secret or certificate runs out soon. */
export function Ending({ of }: { of: OAuthResource }) {
  if (!of.ends) return null
  const left = Date.parse(of.ends) - Date.now()
  if (left > soon) return null
  return (
    <Badge tone={left < 0 ? 'bad' : 'warn'}>
      {words.facts.ends} <When at={of.ends} />
    </Badge>
  )
}

/** What to know of a resource at a glance. */
export function ResourceFacts({ of }: { of: OAuthResource }) {
  const { facts } = words
  return (
    <Facts>
      <Fact name={facts.name} mono>
        {of.name}
      </Fact>
      <Fact name={facts.client} mono>
        {of.clientId}
      </Fact>
      {of.audience && (
        <Fact name={facts.audience} mono>
          {of.audience}
        </Fact>
      )}
      {(of.auth === 'secret' || of.auth === 'certificate') && <Fact name={facts.ends}>{of.ends ? <When at={of.ends} /> : facts.noEnd}</Fact>}
    </Facts>
  )
}
