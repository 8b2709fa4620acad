import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Absence, User } from '../api/types'
import { Fact, Facts } from '../manage/entries'
import { absenceWords as words } from '../text/absence'
import { speech } from '../text/speech'
import { called } from '../words/person'
import { absolute, endInWords } from '../words/time'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { PersonTag } from '../ui/coin/coin'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { useNow } from '../ui/when/now'
import { When } from '../ui/when/when'
import { AbsenceForm } from './absenceedit'
import { absence, useEndAbsence } from './absencequeries'

/** When somebody is away, and who does their tasks: one's own, or for administrators somebody else's. */
export function AbsencePart({ of }: { of?: User }) {
  const set = useQuery(absence(of?.id))
  const [editing, setEditing] = useState(false)
  const name = of && called(of)
  const got = set.data
  return (
    <Section title={editing ? words.form.title({ name }) : words.title} plain={!of && !editing}>
      {set.error && <Failure error={set.error} retry={() => void set.refetch()} />}
      {set.isPending && <Skeleton rows={2} />}
      {got && editing && <AbsenceForm key={got.rev} id={of?.id} name={name} set={got} onClose={() => setEditing(false)} />}
      {got && !editing && (
        <>
          <Others absence={got} name={name} />
          {got.saved ? <Summary id={of?.id} name={name} set={got} edit={() => setEditing(true)} /> : <None name={name} edit={() => setEditing(true)} />}
        </>
      )}
    </Section>
  )
}

function None({ name, edit }: { name: string | undefined; edit: () => void }) {
  return (
    <>
      <p className="quiet">{words.none({ name })}</p>
      <div>
        <Button icon="clock" onPress={edit}>
          {words.set}
        </Button>
      </div>
    </>
  )
}

/** Whom the person stands in for now. */
function Others({ absence, name }: { absence: Absence; name: string | undefined }) {
  const now = useNow()
  if (absence.others.length === 0) return null
  const each = absence.others.map(({ person, until }) => `${called(person)}${until ? words.until(endInWords(new Date(until), now, speech)) : ''}`)
  const names = new Intl.ListFormat(speech.locale).format(each)
  return <Message>{name ? words.othersOf(name, names) : words.others(names)}</Message>
}

interface SummaryProps {
  id: string | undefined
  name: string | undefined
  set: Absence
  edit: () => void
}

function Summary({ id, name, set, edit }: SummaryProps) {
  const say = useSay()
  const end = useEndAbsence(id, () => say(words.ended({ name })))
  return (
    <div className="entry">
      <div className="row">
        <Badge tone={set.away ? 'warn' : 'info'} icon="clock">
          {set.away ? words.away : words.planned}
        </Badge>
        <span>
          {set.from && !set.away && (
            <>
              {words.from.toLowerCase()} <When at={set.from} />{' '}
            </>
          )}
          {words.to.toLowerCase()} {set.to ? <End at={set.to} /> : words.open}
        </span>
        {name && set.saved?.by && <span className="quiet small">{words.savedBy(called(set.saved.by))}</span>}
      </div>
      <Facts>
        <Fact name={words.standsIn}>{set.substitutes.length > 0 ? <People list={set.substitutes} /> : words.nobody}</Fact>
        {set.substitutes.length > 0 && <Fact name={words.tasks}>{set.tasks === 'go' ? words.go : words.shared({ name })}</Fact>}
        {set.except.map((one) => (
          <Fact key={one.workflow} name={`${words.except} ${one.workflowName}`}>
            {one.substitutes.length > 0 ? <People list={one.substitutes} /> : words.stay}
          </Fact>
        ))}
      </Facts>
      {end.error && <Failure error={end.error} />}
      <div className="entry-actions">
        <Button look="primary" onPress={() => end.mutate(set.rev)} busy={end.isPending}>
          {!set.away ? words.endPlanned : name ? words.endOther : words.end}
        </Button>
        <Button onPress={edit}>{words.change}</Button>
      </div>
    </div>
  )
}

/** When somebody is back: whole days are named by the last of them. */
function End({ at }: { at: string }) {
  const now = useNow()
  const moment = new Date(at)
  return (
    <time dateTime={at} title={absolute(moment, speech)}>
      {endInWords(moment, now, speech)}
    </time>
  )
}

function People({ list }: { list: Absence['substitutes'] }) {
  return (
    <span className="row">
      {list.map((person) => (
        <PersonTag key={person.id} person={person} />
      ))}
    </span>
  )
}
