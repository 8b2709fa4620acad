import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem'
import type { Service, ServiceChange, ServiceInput, ServiceMethod, ServiceObject, ServiceRefreshed } from '../api/types'
import { servicesWords } from '../text/services'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Empty } from '../ui/empty/empty'
import { TextField } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { serviceObjects, useRefreshService } from './servicesqueries'
import { matching } from './serviceswords'
import './services.css'

const words = servicesWords
const { offers } = words

// Below this many objects there is nothing to look for.
const few = 6

/** What a service offers, as cards, and asking it again. */
export function Offers({ of }: { of: Service }) {
  const [typed, setTyped] = useState('')
  const objects = useQuery(serviceObjects(of.name))
  const refresh = of.canChange && <Refresh of={of} />
  if (objects.error) return <Failure error={objects.error} retry={() => void objects.refetch()} />
  if (!objects.data) return <Skeleton rows={3} tall />
  if (!of.generated)
    return (
      <Empty icon="flow" action={refresh}>
        {of.canChange ? offers.none : offers.noneOthers}
      </Empty>
    )
  const all = objects.data.items
  const some = matching(all, typed)
  return (
    <Section title={offers.title} plain actions={refresh}>
      {all.length > few && (
        <div className="service-find">
          <TextField label={offers.find} value={typed} onChange={setTyped} type="search" />
          <span role="status" className="quiet small">
            {some.length === 0 ? offers.nothing : offers.found(some.length)}
          </span>
        </div>
      )}
      <ul className="entries">
        {some.map((one) => (
          <ObjectCard key={one.name} of={one} service={of} open={some.length === 1} />
        ))}
      </ul>
    </Section>
  )
}

// Whether the name that steps call something by has to be told beside its title.
const differs = ({ title, name }: { name: string; title?: string }) => Boolean(title) && title?.toLowerCase() !== name.toLowerCase()

function ObjectCard({ of, service, open }: { of: ServiceObject; service: Service; open: boolean }) {
  return (
    <li className="entry">
      <div className="entry-head">
        <h3 className="entry-name">{of.title || of.name}</h3>
        {differs(of) && <code>{of.name}</code>}
      </div>
      {of.text && <p>{of.text}</p>}
      <details className="other" open={open}>
        <summary>{offers.count(of.methods.length)}</summary>
        <ul className="service-methods">
          {of.methods.map((method) => (
            <MethodRow key={method.name} of={method} object={of} service={service} />
          ))}
        </ul>
      </details>
      {of.properties.length > 0 && (
        <details className="other">
          <summary>{offers.properties(of.properties.length)}</summary>
          <ul className="service-properties">
            {of.properties.map((one) => (
              <li key={one.name}>
                <code>{one.name}</code> <span className="quiet">{[one.title !== one.name && one.title, kindOf(one), one.key && offers.key].filter(Boolean).join(', ')}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  )
}

// A value's type in words.
function kindOf({ type, list }: Pick<ServiceInput, 'type' | 'list'>): string {
  const kind = words.types[type] ?? type
  return list ? offers.several(kind) : kind
}

function MethodRow({ of, object, service }: { of: ServiceMethod; object: ServiceObject; service: Service }) {
  const takes = of.inputs.map((one) => (one.required ? `${one.name} (${offers.required})` : one.name)).join(', ')
  return (
    <li className="service-method">
      <div>
        <div className="entry-head">
          <strong>{of.title || of.name}</strong>
          {differs(of) && <code>{of.name}</code>}
          <Badge>{words.kinds[of.kind] ?? of.kind}</Badge>
        </div>
        {of.text && <p>{of.text}</p>}
        <p className="quiet small">
          {offers.inputs}: {takes || offers.nothingTaken}
          <br />
          {offers.outputs}: {of.outputs.join(', ') || offers.nothingTaken}
        </p>
      </div>
      {service.canUse && (
        <LinkButton to={`/manage/services/${service.name}?try=${object.name}.${of.name}`} aria-label={offers.tryOf(of.title || of.name, object.title || object.name)}>
          {offers.try}
        </LinkButton>
      )}
    </li>
  )
}

function Refresh({ of }: { of: Service }) {
  const [open, setOpen] = useState(false)
  const say = useSay()
  const look = useRefreshService(of.name)
  const keep = useRefreshService(of.name)
  const close = () => {
    setOpen(false)
    look.reset()
    keep.reset()
  }
  const begin = () => {
    setOpen(true)
    look.mutate({})
  }
  const breaks = look.data?.changes.some((one) => one.uses.length > 0) === true
  const inUse = keep.error !== null && problemOf(keep.error).code === 'service-in-use'
  const apply = () => keep.mutate({ apply: true, ...(breaks || inUse ? { anyway: true } : {}) }, { onSuccess: () => (close(), say(words.refresh.applied)) })
  const different = look.data !== undefined && (look.data.changes.length > 0 || look.data.first === true)
  return (
    <>
      <Button icon="retry" onPress={begin}>
        {of.generated ? words.refresh.button : words.refresh.first}
      </Button>
      <Dialog
        title={of.generated ? words.refresh.title : offers.title}
        open={open}
        onClose={close}
        words
        actions={
          different && (
            <Button look={breaks || inUse ? 'danger' : 'primary'} busy={keep.isPending} onPress={apply}>
              {breaks || inUse ? words.refresh.anyway : words.refresh.apply}
            </Button>
          )
        }
      >
        <div role="status">{look.isPending && <p className="quiet">{words.refresh.asking}</p>}</div>
        {look.error && <Failure error={look.error} retry={() => look.mutate({})} />}
        {look.data && <Differences of={look.data} />}
        {keep.error && <Failure error={keep.error} />}
      </Dialog>
    </>
  )
}

// A dialog with more would only be scrolled through.
const most = 200

function Differences({ of }: { of: ServiceRefreshed }) {
  const steps = of.changes.reduce((n, one) => n + one.uses.length, 0)
  if (of.changes.length === 0) return <p>{words.refresh.same}</p>
  return (
    <>
      {steps > 0 && <Message tone="warn">{words.refresh.breaks(steps)}</Message>}
      <ul className="service-changes">
        {of.changes.slice(0, most).map((one, place) => (
          <ChangeLine key={place} of={one} />
        ))}
      </ul>
      {of.changes.length > most && <p className="quiet">{words.refresh.more(of.changes.length - most)}</p>}
    </>
  )
}

function ChangeLine({ of }: { of: ServiceChange }) {
  return (
    <li>
      <span className="row">
        <Badge tone={of.what === 'added' ? 'good' : of.breaks ? 'bad' : 'warn'}>{words.refresh.whats[of.what]}</Badge>
        <strong>
          {of.object}
          {of.method && ` ${of.method}`}
        </strong>
      </span>
      {of.words.length > 0 && <span className="quiet">{of.words.join('; ')}</span>}
      {of.uses.map((use, place) => (
        <span key={place} className="entry-bad">
          {words.refresh.step(use.name, use.version, use.step)}
        </span>
      ))}
    </li>
  )
}
