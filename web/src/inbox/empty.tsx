import { useQuery } from '@tanstack/react-query'
import { useMe } from '../shell/session'
import { startable } from '../start/queries'
import { t } from '../text/en'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import type { Filter } from './queries'

// Whoever tries the program out in its sandbox is led straight to the first
// thing to try, the sample that comes with it.
const sampleKey = 'leave'

/** An empty view says why it is empty, and what to do. waits: an account to connect is asked for above it. */
export function EmptyInbox({ filter, waits }: { filter: Filter; waits: boolean }) {
  const me = useMe()
  const workflows = useQuery({ ...startable, enabled: me.sandbox })
  if (filter.q || filter.workflow) {
    return (
      <Empty icon="inbox" action={<LinkButton to="/inbox">{t.inbox.clearFilter}</LinkButton>}>
        {t.inbox.noneFound}
      </Empty>
    )
  }
  if (filter.view !== 'open') {
    return (
      <Empty icon={filter.view === 'sleeping' ? 'sleep' : 'inbox'} action={<LinkButton to="/inbox">{t.inbox.showWaiting}</LinkButton>}>
        {filter.view === 'sleeping' ? t.inbox.noneSleeping : t.inbox.noneClosed}
      </Empty>
    )
  }
  if (waits) return <Empty icon="inbox">{t.inbox.noTasks}</Empty>
  const sample = workflows.data?.items.find(({ key }) => key === sampleKey)
  return (
    <Empty
      action={
        <LinkButton to={sample ? `/start/${sample.key}` : '/start'} look="primary" icon="start">
          {sample ? t.inbox.trySample(sample.name) : t.inbox.allDoneButton}
        </LinkButton>
      }
    >
      {t.inbox.allDone}
    </Empty>
  )
}
