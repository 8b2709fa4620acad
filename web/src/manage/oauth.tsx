import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { OAuthResource, OAuthType } from '../api/types'
import { wants } from '../connect/queries'
import { t } from '../text/en'
import { Badge } from '../ui/badge/badge'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Message } from '../ui/message/message'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { ResourceForm } from './oauthform'
import { oauthResources, oauthTypes } from './oauthqueries'
import { Tokens } from './oauthtokens'
import './manage.css'
import './entries.css'

const words = t.connections

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
    <LinkButton look="primary" icon="plus" to="/manage/oauth?add">
      {words.add}
    </LinkButton>
  )
  if (items.length === 0)
    return (
      <Empty icon="keys" action={add}>
        {words.empty}
      </Empty>
    )
  return (
    <>
      <Wanted />
      <Section title={words.title} plain actions={add}>
        <p className="quiet">{words.lead}</p>
        <ul className="entries">
          {items.map((one) => (
            <li className="entry" key={one.name}>
              <div className="entry-head">
                <h3 className="entry-name">{one.title}</h3>
                <Badge>{types.find((type) => type.name === one.type)?.title ?? one.type}</Badge>
                <Ending of={one} />
              </div>
              <ResourceFacts of={one} />
              <div className="row">
                <LinkButton to={`/manage/oauth/${one.name}`} aria-label={`${words.open} ${one.title}`}>
                  {words.open}
                </LinkButton>
              </div>
            </li>
          ))}
        </ul>
      </Section>
      <Tokens resource="" />
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
  const lines: [string, React.ReactNode][] = [
    [facts.name, <span className="mono">{of.name}</span>],
    [facts.client, <span className="mono">{of.clientId}</span>],
  ]
  if (of.audience) lines.push([facts.audience, <span className="mono">{of.audience}</span>])
  if (of.auth === 'secret' || of.auth === 'certificate') lines.push([facts.ends, of.ends ? <When at={of.ends} /> : facts.noEnd])
  return (
    <dl className="entry-facts">
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
