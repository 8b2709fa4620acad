import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from 'react-aria-components'
import type { Why, WhyLink } from '../../api/types'
import { peopleWords } from '../../text/people'
import { Badge } from '../../ui/badge/badge'
import { Button } from '../../ui/button/button'
import { PersonTag } from '../../ui/coin/coin'
import { Dialog } from '../../ui/dialog/dialog'
import { Select, TextField } from '../../ui/field/field'
import { Icon } from '../../ui/icon/icon'
import { PersonPicker } from '../../ui/person/picker'
import { Failure } from '../../ui/problem/problem'
import { Skeleton } from '../../ui/skeleton/skeleton'
import { workflows } from '../queries'
import { onServer, onWorkflows } from './matrix'
import { categories, why, type Question } from './queries'

const kinds = ['server', 'workflow', 'category', 'task', 'instance'] as const
type ThingKind = (typeof kinds)[number]

interface Start {
  person?: string
  /** "server", "workflow:leave", "task:1234_5" … */
  thing?: string
}

/** The button that opens the question, with what is known of it filled in. */
export function WhyButton({ label = peopleWords.why.button, ...start }: Start & { label?: string }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button look="subtle" icon="info" onPress={() => setOpen(true)}>
        {label}
      </Button>
      {open && <WhyDialog {...start} onClose={() => setOpen(false)} />}
    </>
  )
}

/** Asks why somebody may do something, or why not. */
export function WhyDialog({ person: who = '', thing = 'workflow:', onClose }: Start & { onClose: () => void }) {
  const [person, setPerson] = useState(who)
  const [kind, setKind] = useState(() => kindOf(thing))
  const [name, setName] = useState(() => (thing.includes(':') ? thing.slice(thing.indexOf(':') + 1) : ''))
  const [right, setRight] = useState('')
  const [asked, setAsked] = useState<Question>({ person: '', right: '', thing: '' })
  const rights: readonly string[] = kind === 'server' ? onServer : onWorkflows
  const chosen = rights.includes(right) ? right : kind === 'server' ? 'administer' : 'view'
  const about = kind === 'server' ? 'server' : name.trim() && `${kind}:${name.trim()}`
  const ask = () => setAsked({ person, right: kind === 'task' ? '' : chosen, thing: about })
  const found = useQuery(why(asked))
  const whole = person !== '' && about !== ''
  return (
    <Dialog title={peopleWords.why.title} open onClose={onClose}>
      <p className="quiet">{peopleWords.why.lead}</p>
      <Form className="stack" onSubmit={(event) => (event.preventDefault(), whole && ask())}>
        <PersonPicker label={peopleWords.why.person} value={person} onChange={setPerson} autoFocus={!who} />
        <Select label={peopleWords.why.about} value={kind} onChange={(next) => (setKind(next as ThingKind), setName(''))} options={kinds.map((id) => ({ id, label: peopleWords.why.kinds[id] }))} />
        <ThingName kind={kind} name={name} onChange={setName} />
        {kind !== 'task' && <Select label={peopleWords.why.right} value={chosen} onChange={setRight} options={rights.map((id) => ({ id, label: peopleWords.rights.names[id] ?? id }))} />}
        <div>
          <Button look="primary" type="submit" isDisabled={!whole}>
            {peopleWords.why.ask}
          </Button>
        </div>
      </Form>
      <div aria-live="polite">
        {found.isFetching && <Skeleton rows={1} />}
        {found.error && !found.isFetching && <Failure error={found.error} />}
        {found.data && !found.isFetching && !found.error && <Answer why={found.data} />}
      </div>
    </Dialog>
  )
}

function kindOf(thing: string): ThingKind {
  return kinds.find((kind) => thing === kind || thing.startsWith(`${kind}:`)) ?? 'workflow'
}

function ThingName({ kind, name, onChange }: { kind: ThingKind; name: string; onChange: (name: string) => void }) {
  const drawn = useQuery({ ...workflows, enabled: kind === 'workflow' })
  const named = useQuery({ ...categories, enabled: kind === 'category' })
  switch (kind) {
    case 'server':
      return null
    case 'workflow':
      return <Select label={peopleWords.why.workflow} isDisabled={!drawn.data} value={name} onChange={onChange} options={(drawn.data?.items ?? []).map((one) => ({ id: one.key, label: one.name }))} />
    case 'category':
      return <Select label={peopleWords.why.category} isDisabled={!named.data} value={name} onChange={onChange} options={(named.data?.items ?? []).map((one) => ({ id: one.name, label: one.name }))} />
    case 'task':
      return <TextField label={peopleWords.why.task} value={name} onChange={onChange} help={peopleWords.why.taskHelp} autoComplete="off" />
    case 'instance':
      return <TextField label={peopleWords.why.instance} value={name} onChange={onChange} inputMode="numeric" autoComplete="off" />
  }
}

function Answer({ why }: { why: Why }) {
  return (
    <div className="why-answer">
      <p className="why-words">
        <Badge tone={why.yes ? 'good' : 'bad'} icon={why.yes ? 'check' : 'stop'}>
          {why.yes ? peopleWords.why.yes : peopleWords.why.no}
        </Badge>
        <span>{why.text}</span>
      </p>
      {why.chain.length > 0 && (
        <ol className="why-chain" aria-label={peopleWords.why.way}>
          {why.chain.map((link, i) => (
            <li key={i}>
              {i > 0 && <Icon name="right" />}
              <Step link={link} />
            </li>
          ))}
        </ol>
      )}
      {why.would.length > 0 && (
        <div>
          <h3>{peopleWords.why.would}</h3>
          <ul>
            {why.would.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </div>
      )}
      {why.givers.length > 0 && (
        <div>
          <h3>{peopleWords.why.givers}</h3>
          <p className="row">
            {why.givers.map((giver) => (
              <PersonTag key={giver.id} person={giver} />
            ))}
          </p>
        </div>
      )}
    </div>
  )
}

function Step({ link }: { link: WhyLink }) {
  const words = peopleWords.why.link
  if (link.person) return <PersonTag person={link.person} />
  switch (link.kind) {
    case 'right':
      return <Badge tone="info">{peopleWords.rights.names[link.name ?? ''] ?? link.name}</Badge>
    case 'server':
      return <strong>{words.server}</strong>
    case 'category':
    case 'workflow':
    case 'task':
    case 'instance':
      return (
        <span>
          <span className="quiet small">{words[link.kind]}</span> <strong>{link.name}</strong>
        </span>
      )
    default:
      return <span>{link.name}</span>
  }
}
