import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { InstanceDetail, Reason } from '../api/types'
import { repairWords as words } from '../text/repair'
import { t } from '../text/en'
import { Icon, type IconName } from '../ui/icon/icon'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { whyWaiting } from './queries'
import { Lacking } from './waiting'

const icons: Partial<Record<Reason['kind'], IconName>> = {
  task: 'inbox',
  claimed: 'hand',
  asleep: 'sleep',
  away: 'person',
  question: 'comment',
  timer: 'clock',
  retry: 'retry',
  mail: 'mail',
  message: 'mail',
  connection: 'people',
}

/** Who or what an instance waits for, since when, and what would end it. */
export function WhyWaiting({ instance, me }: { instance: InstanceDetail; me: string }) {
  const why = useQuery(whyWaiting(instance.id))
  // What failed and who stopped it has a card of its own above.
  const reasons = (why.data?.items ?? []).filter(({ kind }) => kind !== 'ended' && kind !== 'incident' && kind !== 'stopped' && kind !== 'moving')
  if (why.data && reasons.length === 0) return null
  return (
    <Section title={words.why}>
      {why.error && <Failure error={why.error} retry={() => void why.refetch()} />}
      {why.isPending && <Skeleton rows={2} />}
      <ul className="waits">
        {reasons.map((reason, i) => (
          <li key={`${reason.step ?? ''} ${reason.task ?? reason.serial ?? i}`} className="wait">
            <Icon name={icons[reason.kind] ?? 'flow'} />
            <div className="wait-words">
              <p>{reason.text}</p>
              {reason.ends && (
                <p className="quiet">
                  {words.ends} {reason.ends}
                </p>
              )}
              <Act reason={reason} instance={instance} me={me} />
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** The one thing that leads on from a reason, if there is one. */
function Act({ reason, instance, me }: { reason: Reason; instance: InstanceDetail; me: string }) {
  const mine = !!reason.for?.some((person) => person.id === me)
  if (reason.kind === 'connection') {
    const waiting = instance.waiting.find((one) => one.serial === reason.serial)
    return waiting ? <Lacking instance={instance} waiting={waiting} mine={mine} /> : null
  }
  if (reason.task && (mine || instance.canManage)) return <Link to={`/tasks/${reason.task}`}>{t.instance.openTask}</Link>
  if (reason.instance) return <Link to={`/requests/${reason.instance}`}>{words.openRequest(reason.instance)}</Link>
  return null
}
