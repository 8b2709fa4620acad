import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { sentence } from '../api/problem'
import type { Schedule } from '../api/types'
import { eventsWords } from '../text/events'
import { speech } from '../text/speech'
import { t } from '../text/en'
import { called } from '../words/person'
import { dateAndTime } from '../words/time'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { schedules, usePause } from './messagesqueries'
import './manage.css'
import './entries.css'

const words = eventsWords.schedules

/** What begins requests by the clock, in all workflows. */
export function SchedulesPage() {
  useTitle(words.title)
  return (
    <Section title={words.title} plain>
      <p className="quiet">{words.lead}</p>
      <Schedules
        none={
          <Empty icon="clock" action={<LinkButton to="/manage/workflows">{t.manage.workflows}</LinkButton>}>
            {words.none}
          </Empty>
        }
      />
    </Section>
  )
}

/** The schedules of one workflow, or of all. */
export function Schedules({ workflow, none }: { workflow?: string; none: React.ReactNode }) {
  const list = useQuery(schedules)
  if (list.error) return <Failure error={list.error} retry={() => void list.refetch()} />
  if (!list.data) return <Skeleton rows={2} />
  const items = list.data.items.filter((one) => !workflow || one.workflow === workflow)
  if (items.length === 0) return none
  const { columns } = words
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{columns.workflow}</th>
          <th scope="col">{columns.timer}</th>
          <th scope="col">{columns.next}</th>
          <th scope="col">{columns.last}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <Row key={`${one.workflow} ${one.step}`} of={one} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ of }: { of: Schedule }) {
  const say = useSay()
  const name = of.stepName?.replace(/\s+/g, ' ') || of.name
  const pause = usePause((paused) => say(paused ? words.didPause(name) : words.didResume(name)))
  const { columns } = words
  return (
    <tr>
      <th scope="row">
        <Link to={`/manage/workflows/${encodeURIComponent(of.workflow)}`}>{of.name}</Link>
        {of.stepName && <span className="table-under quiet small">{name}</span>}
      </th>
      <td data-label={columns.timer}>
        <code>{of.timer.replace(/^"(.*)"$/, '$1')}</code> {of.zone && <span className="quiet small">{words.in(of.zone)}</span>}
      </td>
      <td data-label={columns.next}>
        {of.paused ? (
          <>
            <Badge tone="warn">{words.paused}</Badge>{' '}
            <span className="quiet small">
              {of.pausedBy && words.pausedBy(called(of.pausedBy))} <When at={of.paused} />
            </span>
          </>
        ) : of.next ? (
          <>
            <time dateTime={of.next}>{dateAndTime(new Date(of.next), speech)}</time>
            {of.left !== undefined && <span className="table-under quiet small">{words.left(of.left)}</span>}
          </>
        ) : (
          words.never
        )}
      </td>
      <td data-label={columns.last}>
        {of.last ? (
          <>
            <When at={of.last} /> {of.instance !== undefined && of.instance > 0 && <Link to={`/requests/${of.instance}`}>{words.request(of.instance)}</Link>}
          </>
        ) : (
          words.notYet
        )}
        {of.problem && (
          <span className="table-under entry-bad small">
            {words.problem} {sentence(of.problem)}
          </span>
        )}
      </td>
      <td className="table-end">
        {pause.error && <Failure error={pause.error} />}
        {(of.paused || of.next) && (
          <Button aria-label={`${of.paused ? words.resume : words.pause}: ${name}`} onPress={() => pause.mutate({ workflow: of.workflow, step: of.step, paused: !of.paused })} busy={pause.isPending}>
            {of.paused ? words.resume : words.pause}
          </Button>
        )}
      </td>
    </tr>
  )
}
