import { useEffect, useRef, useState } from 'react'
import type { ApiProblem } from '../api/problem'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Empty } from '../ui/empty/empty'
import type { IconName } from '../ui/icon/icon'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import './manage.css'
import './entries.css'

/** The way back to where one came from. */
export function Back({ to, children }: { to: string; children: React.ReactNode }) {
  return (
    <div>
      <LinkButton look="subtle" icon="back" to={to}>
        {children}
      </LinkButton>
    </div>
  )
}

interface EntriesProps {
  title: string
  lead: string
  /** Said instead of the list while it is empty. */
  empty: string
  icon: IconName
  add?: React.ReactNode
  children: readonly React.ReactNode[]
}

/** A list of what is set up, a card each. */
export function Entries({ title, lead, empty, icon, add, children }: EntriesProps) {
  if (children.length === 0)
    return (
      <Empty icon={icon} action={add}>
        {empty}
      </Empty>
    )
  return (
    <Section title={title} plain actions={add}>
      <p className="quiet">{lead}</p>
      <ul className="entries">{children}</ul>
    </Section>
  )
}

/** One of them: its name with badges, then whatever is to be known and done. */
export function Entry({ name, badges, children }: { name: string; badges?: React.ReactNode; children: React.ReactNode }) {
  return (
    <li className="entry">
      <div className="entry-head">
        <h3 className="entry-name">{name}</h3>
        {badges}
      </div>
      {children}
    </li>
  )
}

/** What to know of something at a glance: Facts hold Fact after Fact. */
export function Facts({ children }: { children: React.ReactNode }) {
  return <dl className="entry-facts">{children}</dl>
}

export function Fact({ name, mono = false, children }: { name: string; mono?: boolean; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={mono ? 'mono' : undefined}>{children}</dd>
    </div>
  )
}

interface RemoveProps {
  title: string
  lead: string
  label: string
  /** On the button that does it, when that is to be another. */
  yes?: string
  /** Read out in place of label, where there are several. */
  named?: string | undefined
  busy: boolean
  error: Error | null
  remove: () => void
  /** Forgets the error of an earlier try. */
  reset?: () => void
}

/** A button that takes something away, after asking. */
export function Remove({ label, named, ...asked }: RemoveProps) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button look="subtle" onPress={() => setAsking(true)} aria-label={named}>
        {label}
      </Button>
      <AskRemoval open={asking} label={label} {...asked} close={() => setAsking(false)} />
    </>
  )
}

/** The question before something is taken away. */
export function AskRemoval({ open, close, title, lead, label, yes, busy, error, remove, reset }: Omit<RemoveProps, 'named'> & { open: boolean; close: () => void }) {
  return (
    <Dialog
      title={title}
      open={open}
      onClose={() => {
        close()
        reset?.()
      }}
      alert
      actions={
        <Button look="danger" busy={busy} onPress={remove}>
          {yes ?? label}
        </Button>
      }
    >
      <p>{lead}</p>
      {error && <Failure error={error} />}
    </Dialog>
  )
}

interface FormProps {
  back: string
  backTo: string
  save: () => void
  saving: boolean
  /** On the button that saves. */
  button: string
  /** What was refused, and which of its fields the form does not show. */
  problem: ApiProblem | undefined
  rest: readonly unknown[]
  /** Another text each time the form itself found mistakes. */
  found?: string
  /** Buttons beside the one that saves. */
  more?: React.ReactNode
  children: React.ReactNode
  below?: React.ReactNode
}

/** A form with a page of its own. What is refused of a field stands at the field, all else above the button. */
export function EntryForm({ back, backTo, save, saving, button, problem, rest, found = '', more, children, below }: FormProps) {
  const form = useRef<HTMLFormElement>(null)
  const mistakes = problem?.fields.map(({ field }) => field).join(' ')
  useEffect(() => {
    // Such forms are long: whoever pressed a button below is taken to the first mistake.
    if ((mistakes || found) && !saving) form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid] button')?.focus()
  }, [mistakes, found, saving])
  return (
    <>
      <Back to={back}>{backTo}</Back>
      <form
        ref={form}
        className="stack entry-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!saving) save()
        }}
      >
        {children}
        {problem && (rest.length > 0 || problem.fields.length === 0) && <Failure error={problem} />}
        <div className="row">
          <Button look="primary" type="submit" busy={saving}>
            {button}
          </Button>
          {more}
        </div>
        {below}
      </form>
    </>
  )
}
