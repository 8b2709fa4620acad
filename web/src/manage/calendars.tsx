import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { Calendar } from '../api/types'
import { eventsWords } from '../text/events'
import { speech } from '../text/speech'
import { called } from '../words/person'
import { Badge } from '../ui/badge/badge'
import { LinkButton } from '../ui/button/button'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { CalendarForm } from './calendaredit'
import { weekInWords } from './calendarform'
import { calendars, useRemoveCalendar } from './calendarsqueries'
import { Entries, Entry, Fact, Facts, Remove } from './entries'

const words = eventsWords.calendars

/** When work is done: the calendars there are, and one of them to change. */
export function CalendarsPage() {
  useTitle(words.title)
  const [params] = useSearchParams()
  const list = useQuery(calendars)
  if (list.error) return <Failure error={list.error} retry={() => void list.refetch()} />
  if (!list.data) return <Skeleton rows={2} tall />
  const { items } = list.data
  const one = items.find(({ name }) => name === params.get('change'))
  if (one || params.has('add')) return <CalendarForm key={one?.name ?? ''} was={one} zone={items.find(({ standard }) => standard)?.zone ?? 'UTC'} />
  const add = (
    <LinkButton look="primary" icon="plus" to="/manage/calendars?add">
      {words.add}
    </LinkButton>
  )
  return (
    <Entries title={words.title} lead={words.lead} empty={words.lead} icon="clock" add={add}>
      {items.map((calendar) => (
        <One key={calendar.name} of={calendar} alone={items.length === 1} />
      ))}
    </Entries>
  )
}

function One({ of, alone }: { of: Calendar; alone: boolean }) {
  const say = useSay()
  const remove = useRemoveCalendar(of.name, () => say(words.removed(of.name)))
  const special = of.special ?? []
  return (
    <Entry
      name={of.name}
      badges={
        <>
          {of.standard && <Badge tone="good">{words.standard}</Badge>}
          {of.rev === 0 && <Badge>{words.unsaved}</Badge>}
        </>
      }
    >
      {of.rev === 0 && <p className="quiet">{words.unsavedLead}</p>}
      <Facts>
        <Fact name={words.hours}>{weekInWords(of.week)}</Fact>
        <Fact name={words.zone}>{of.zone}</Fact>
        <Fact name={words.holidays}>{holidaysInWords(of)}</Fact>
        {special.length > 0 && <Fact name={words.special}>{special.map(({ date, name }) => name || date).join(', ')}</Fact>}
        <Fact name={words.use}>{of.standard ? words.useStandard : <code>calendar="{of.name}"</code>}</Fact>
      </Facts>
      {of.saved && (
        <p className="quiet small">
          {of.saved.by && `${called(of.saved.by)}, `}
          <When at={of.saved.at} />
        </p>
      )}
      <div className="entry-actions">
        <LinkButton to={`/manage/calendars?change=${encodeURIComponent(of.name)}`} aria-label={`${words.change} ${of.name}`}>
          {words.change}
        </LinkButton>
        {of.rev > 0 && (!of.standard || alone) && (
          <Remove
            title={words.removeTitle(of.name)}
            lead={words.removeLead}
            label={words.remove}
            named={`${words.remove} ${of.name}`}
            busy={remove.isPending}
            error={remove.error}
            remove={() => remove.mutate(of.rev)}
            reset={remove.reset}
          />
        )}
      </div>
    </Entry>
  )
}

const mostNamed = 4

function holidaysInWords({ holidays = [] }: Calendar): string {
  if (holidays.length === 0) return words.noHolidays
  const shown = holidays.slice(0, holidays.length > mostNamed + 1 ? mostNamed : undefined).map(({ date, name }) => name || date)
  const more = holidays.length - shown.length
  return new Intl.ListFormat(speech.locale).format(more > 0 ? [...shown, words.more(more).replace(/^and /, '')] : shown)
}
