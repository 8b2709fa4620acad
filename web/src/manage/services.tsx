import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { Service, ServiceType } from '../api/types'
import { useMe } from '../shell/session'
import { servicesWords } from '../text/services'
import { Badge } from '../ui/badge/badge'
import { LinkButton } from '../ui/button/button'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { Entries, Entry, Fact, Facts } from './entries'
import { NewServiceForm } from './servicesform'
import { services, serviceTypes } from './servicesqueries'

const words = servicesWords

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
  return (
    <Entries title={words.title} lead={words.lead} empty={admin ? words.empty : words.emptyOthers} icon="flow" add={add}>
      {items.map((one) => (
        <Entry key={one.name} name={one.title} badges={<Badge>{types.find((type) => type.name === one.type)?.title ?? one.type}</Badge>}>
          <ServiceFacts of={one} />
          <div className="row">
            <LinkButton to={`/manage/services/${one.name}`} aria-label={`${words.open} ${one.title}`}>
              {words.open}
            </LinkButton>
          </div>
        </Entry>
      ))}
    </Entries>
  )
}

/** What to know of a service at a glance. */
export function ServiceFacts({ of }: { of: Service }) {
  const { facts } = words
  return (
    <Facts>
      <Fact name={facts.name} mono>
        {of.name}
      </Fact>
      {of.mode && <Fact name={facts.signsIn}>{words.signsIn(of.mode, of.resource ?? '', of.user ?? '')}</Fact>}
      <Fact name={facts.generated}>{of.generated ? <When at={of.generated} /> : words.never}</Fact>
    </Facts>
  )
}
