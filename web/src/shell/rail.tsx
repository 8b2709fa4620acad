import { useQuery } from '@tanstack/react-query'
import { NavLink } from 'react-router'
import { answer, api } from '../api/client'
import { t } from '../text/en'
import { Icon, type IconName } from '../ui/icon/icon'
import { mailStatus } from '../manage/mailstatus'
import { useMe } from './session'

/** How many tasks wait. Kept true by the events that touch ['tasks']. */
export function useCounts() {
  return useQuery({ queryKey: ['tasks', 'counts'], queryFn: ({ signal }) => answer(api.GET('/api/v1/tasks/counts', { signal })) })
}

/** How many mails need a look. No event tells of them, so it is asked for now and then, by administrators' pages only. */
function useMailCount(wanted: boolean): number {
  const { data } = useQuery({ ...mailStatus, enabled: wanted })
  return data ? data.look + data.doubtful + data.failed : 0
}

/** The places of the program: a rail at the left, a bar at the foot of a small screen. */
export function Rail() {
  const me = useMe()
  const open = useCounts().data?.open ?? 0
  const mails = useMailCount(me.admin)
  return (
    <nav className="rail" aria-label={t.common.navigation}>
      <Place to="/inbox" icon="inbox" label={t.shell.inbox} count={open} says={t.shell.inboxCount} />
      <Place to="/start" icon="start" label={t.shell.start} />
      <Place to="/requests" icon="requests" label={t.shell.requests} />
      {me.sandbox && <Place to="/sandbox" icon="mail" label={t.shell.mailbox} />}
      {me.admin && <Place to="/manage" icon="manage" label={t.shell.manage} count={mails} says={t.shell.mailCount} />}
    </nav>
  )
}

interface PlaceProps {
  to: string
  icon: IconName
  label: string
  count?: number
  /** The count in words, for those who hear it. */
  says?: (count: number) => string
}

function Place({ to, icon, label, count = 0, says }: PlaceProps) {
  return (
    <NavLink to={to} className="place">
      <span className="place-icon">
        <Icon name={icon} />
        {count > 0 && (
          <span className="place-count" aria-hidden="true">
            {count > 99 ? '99+' : count}
          </span>
        )}
      </span>
      <span>
        {label}
        {count > 0 && says && <span className="unseen">{says(count)}</span>}
      </span>
    </NavLink>
  )
}
