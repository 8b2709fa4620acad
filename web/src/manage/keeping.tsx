import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useParams } from 'react-router'
import type { Retention } from '../api/types'
import { t } from '../text/en'
import { eventsWords } from '../text/events'
import { peopleWords } from '../text/people'
import { versionsWords } from '../text/versions'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Select } from '../ui/field/field'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { Holds } from './holds'
import { WhyButton } from './people/why'
import './people/people.css'
import { retention, useKeep } from './keepingqueries'
import { choices, years } from './keepingwords'
import { workflows } from './queries'
import { Schedules } from './schedules'
import { Versions } from './versions'
import './manage.css'

/** How long a workflow's ended requests are kept, and what was removed. */
export function KeepingPage() {
  const key = useParams().key ?? ''
  const name = useQuery(workflows).data?.items.find((workflow) => workflow.key === key)?.name ?? key
  const set = useQuery(retention(key))
  useTitle(name)
  return (
    <>
      <div className="row">
        <LinkButton look="subtle" icon="back" to="/manage/workflows">
          {t.manage.workflows}
        </LinkButton>
        <LinkButton look="subtle" icon="people" to={`/manage/people/rights?on=${encodeURIComponent(`workflow:${key}`)}`}>
          {peopleWords.parts.rights}
        </LinkButton>
        <WhyButton label={peopleWords.why.ofThis} thing={`workflow:${key}`} />
      </div>
      {set.error && <Failure error={set.error} retry={() => void set.refetch()} />}
      {set.isPending && <Skeleton rows={3} />}
      {set.data && !set.error && (
        <>
          <Holds holds={set.data.holds} />
          <Section title={t.keeping.of(name)}>
            <KeepForm workflow={key} set={set.data} />
          </Section>
          <Section title={versionsWords.title} plain>
            <Versions workflow={key} />
          </Section>
          <Section title={eventsWords.schedules.title} plain>
            <Schedules workflow={key} none={<p className="quiet">{eventsWords.schedules.noneOf}</p>} />
          </Section>
          <Section title={t.keeping.removed} plain>
            {set.data.removed.length > 0 ? <RemovedTable removed={set.data.removed} /> : <p className="quiet">{t.keeping.nothingRemoved}</p>}
          </Section>
        </>
      )}
    </>
  )
}

function inWords(days: number): string {
  const whole = years(days)
  if (days === 0) return t.keeping.forEver
  return whole === undefined ? t.keeping.days(days) : t.keeping.years(whole)
}

function KeepForm({ workflow, set }: { workflow: string; set: Retention }) {
  const [days, setDays] = useState(set.keepDays)
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const meant = useQuery({ ...retention(workflow, days), placeholderData: (before) => before })
  const keep = useKeep(workflow, () => {
    setAsking(false)
    say(t.keeping.kept(inWords(days)))
  })
  const expired = meant.data?.expired
  const removes = days !== set.keepDays && expired !== undefined && expired.go > 0
  return (
    <>
      <p>{t.keeping.lead}</p>
      <Select label={t.keeping.label} value={String(days)} onChange={(next) => setDays(Number(next))} options={choices(set.keepDays, inWords)} />
      {meant.error && <Failure error={meant.error} retry={() => void meant.refetch()} />}
      <div role="status">{expired && days > 0 && <p className="quiet">{t.keeping.expired(expired)}</p>}</div>
      {keep.error && !asking && <Failure error={keep.error} />}
      <div>
        <Button look="primary" isDisabled={meant.isError} busy={keep.isPending || meant.isFetching} onPress={() => (removes ? setAsking(true) : keep.mutate(days))}>
          {t.keeping.save}
        </Button>
      </div>
      <Dialog
        title={t.keeping.sure}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        actions={
          <Button look="danger" onPress={() => keep.mutate(days)} busy={keep.isPending}>
            {t.keeping.remove}
          </Button>
        }
      >
        {expired && <p>{t.keeping.sureLead(expired)}</p>}
        {keep.error && <Failure error={keep.error} />}
      </Dialog>
    </>
  )
}

function RemovedTable({ removed }: { removed: Retention['removed'] }) {
  const { day, count, rule, ended } = t.keeping.columns
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{day}</th>
          <th scope="col">{count}</th>
          <th scope="col">{rule}</th>
          <th scope="col">{ended}</th>
        </tr>
      </thead>
      <tbody>
        {removed.map((row) => (
          <tr key={`${row.day} ${row.keepDays}`}>
            <th scope="row">
              <When at={row.at} />
            </th>
            <td data-label={count}>{row.instances.toLocaleString('en')}</td>
            <td data-label={rule}>{inWords(row.keepDays)}</td>
            <td data-label={ended}>
              <When at={row.oldest} /> – <When at={row.newest} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
