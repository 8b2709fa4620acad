import { useState } from 'react'
import { useNavigate } from 'react-router'
import { problemOf, sortFields } from '../api/problem'
import type { Calendar, CalendarPlan } from '../api/types'
import { eventsWords } from '../text/events'
import { speech } from '../text/speech'
import { Button } from '../ui/button/button'
import { Check, Select, TextArea, TextField } from '../ui/field/field'
import { Section } from '../ui/page/page'
import { useSay } from '../ui/toast/toast'
import { days, draftOf, holidayLines, planOf, type Day, type Draft } from './calendarform'
import { ImportHolidays } from './calendarimport'
import { usePlanPreview, useSaveCalendar } from './calendarsqueries'
import { EntryForm } from './entries'
import './calendars.css'

const words = eventsWords.calendars
const noComplaints: ReadonlyMap<string, string> = new Map()

/** Everything about one calendar. */
export function CalendarForm({ was, zone }: { was: Calendar | undefined; zone: string }) {
  const [draft, setDraft] = useState(() => draftOf(was, zone))
  const [wrong, setWrong] = useState(noComplaints)
  const [tries, setTries] = useState(0)
  const navigate = useNavigate()
  const say = useSay()
  const save = useSaveCalendar((name) => {
    say(words.saved(name))
    void navigate('/manage/calendars')
  })
  const change = (more: Partial<Draft>) => setDraft((now) => ({ ...now, ...more }))
  const problem = save.error ? problemOf(save.error) : undefined
  const { at, rest } = sortFields(problem?.fields ?? [], ['name', 'zone', 'holidays', 'special'])
  const read = planOf(draft)
  const complaint = (field: string) => wrong.get(field) ?? at.get(field)
  const submit = () => {
    const found = new Map('wrong' in read ? read.wrong : [])
    if (!draft.name.trim()) found.set('name', words.form.nameMissing)
    setWrong(found)
    setTries(tries + 1)
    if (found.size === 0 && 'plan' in read) save.mutate({ name: draft.name.trim(), plan: read.plan, standard: draft.standard, rev: was?.rev ?? 0 })
  }
  return (
    <EntryForm
      back="/manage/calendars"
      backTo={words.back}
      save={submit}
      saving={save.isPending}
      button={words.form.save}
      problem={problem}
      rest={rest}
      found={wrong.size > 0 ? String(tries) : ''}
      below={<Try plan={'plan' in read ? read.plan : undefined} />}
    >
      <Section title={was ? words.form.title(was.name) : words.form.newTitle}>
        {!was && <TextField label={words.form.name} help={words.form.nameHelp} value={draft.name} onChange={(name) => change({ name })} error={complaint('name')} required autoComplete="off" />}
        <TextField label={words.form.zone} help={words.form.zoneHelp} value={draft.zone} onChange={(zone) => change({ zone })} error={complaint('zone')} required autoComplete="off" />
        {!was?.standard && <Check label={words.form.standard} value={draft.standard} onChange={(standard) => change({ standard })} />}
      </Section>
      <Week week={draft.week} change={(week) => change({ week })} complaint={complaint} />
      <Section title={words.form.holidays} actions={<ImportHolidays zone={draft.zone} typed={draft.holidays} add={(found) => change({ holidays: [draft.holidays.trim(), holidayLines(found)].filter(Boolean).join('\n') })} />}>
        <TextArea label={words.form.holidays} help={words.form.holidaysHelp} value={draft.holidays} onChange={(holidays) => change({ holidays })} error={complaint('holidays')} rows={8} mono />
        <TextArea label={words.form.special} help={words.form.specialHelp} value={draft.special} onChange={(special) => change({ special })} error={complaint('special')} rows={3} mono />
      </Section>
    </EntryForm>
  )
}

interface WeekProps {
  week: Record<Day, string>
  change: (week: Record<Day, string>) => void
  complaint: (field: string) => string | undefined
}

function Week({ week, change, complaint }: WeekProps) {
  const like = () => change({ ...week, tuesday: week.monday, wednesday: week.monday, thursday: week.monday, friday: week.monday })
  return (
    <Section title={words.form.week}>
      <p className="field-help">{words.form.weekHelp}</p>
      <div className="calendar-week">
        {days.map((day) => (
          <TextField key={day} label={words.days[day]} value={week[day]} onChange={(hours) => change({ ...week, [day]: hours })} error={complaint(day)} autoComplete="off" />
        ))}
      </div>
      <div>
        <Button onPress={like}>{words.form.copy}</Button>
      </div>
    </Section>
  )
}

/** When something would be due by what is typed. */
function Try({ plan }: { plan: CalendarPlan | undefined }) {
  const [after, setAfter] = useState('P2D')
  const usable = plan?.zone ? plan : undefined
  const preview = usePlanPreview(usable, after)
  const { data } = preview
  return (
    <Section title={words.try.title}>
      <p className="quiet">{words.try.lead}</p>
      <div className="changes-kind">
        <Select label={words.try.after} value={after} onChange={setAfter} options={Object.entries(words.try.choices).map(([id, label]) => ({ id, label }))} />
      </div>
      <div role="status">
        {preview.error && <p className="field-error">{problemOf(preview.error).detail}</p>}
        {!usable && <p className="quiet">{words.try.wait}</p>}
        {usable && data && !preview.error && (
          <>
            <p>
              {words.try.due} <strong>{moment(data.due, data.zone)}</strong> ({data.zone}).
            </p>
            <p className="quiet">{data.working ? words.try.working : `${words.try.resting} ${moment(data.next, data.zone)}.`}</p>
          </>
        )}
      </div>
    </Section>
  )
}

function moment(iso: string, zone: string): string {
  const at = new Date(iso)
  try {
    return new Intl.DateTimeFormat(speech.locale, { dateStyle: 'full', timeStyle: 'short', timeZone: zone }).format(at)
  } catch {
    return new Intl.DateTimeFormat(speech.locale, { dateStyle: 'full', timeStyle: 'short' }).format(at) // a zone this browser does not know
  }
}
