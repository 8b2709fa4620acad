import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { Service, ServiceType } from '../api/types'
import { useMe } from '../shell/session'
import { t } from '../text/en'
import { Badge } from '../ui/badge/badge'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { NewServiceForm } from './servicesform'
import { services, serviceTypes } from './servicesqueries'
import './manage.css'
import './entries.css'
import './services.css'

const words = t.services

/** Systems that workflows and people can call. */
export function ServicesPage() {
  useTitle(words.title)
  const [params] = useSearchParams()
  const list = useQuery(services)
  const types = useQuery(serviceTypes)
  const error = list.error ?? types.error
  if (error) return <Failure error={error} retry={() => void Promise.all([list.refetch(), types.refetch()])} />
  if (!list.data || !types.data) return <Skeleton rows={3} tall />
  if (params.has('add')) return <NewServiceForm types={types.data.items} />
  return <List items={list.data.items} types={types.data.items} />
}

function List({ items, types }: { items: readonly Service[]; types: readonly ServiceType[] }) {
  const admin = useMe().admin
  const add = admin && (
    <LinkButton look="primary" icon="plus" to="/manage/services?add">
      {words.add}
    </LinkButton>
  )
  if (items.length === 0)
    return (
      <Empty icon="flow" action={add}>
        {admin ? words.empty : words.emptyOthers}
      </Empty>
    )
  return (
    <Section title={words.title} plain actions={add}>
      <p className="quiet">{words.lead}</p>
      <ul className="entries">
        {items.map((one) => (
          <li className="entry" key={one.name}>
            <div className="entry-head">
              <h3 className="entry-name">{one.title}</h3>
              <Badge>{types.find((type) => type.name === one.type)?.title ?? one.type}</Badge>
            </div>
            <Facts of={one} />
            <div className="row">
              <LinkButton to={`/manage/services/${one.name}`} aria-label={`${words.open} ${one.title}`}>
                {words.open}
              </LinkButton>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** What to know of a service at a glance. */
export function Facts({ of }: { of: Service }) {
  const { facts } = words
  return (
    <dl className="entry-facts">
      <div>
        <dt>{facts.name}</dt>
        <dd className="mono">{of.name}</dd>
      </div>
      {of.mode && (
        <div>
          <dt>{facts.signsIn}</dt>
          <dd>{words.signsIn(of.mode, of.resource ?? '', of.user ?? '')}</dd>
        </div>
      )}
      <div>
        <dt>{facts.generated}</dt>
        <dd>{of.generated ? <When at={of.generated} /> : words.never}</dd>
      </div>
    </dl>
  )
}
