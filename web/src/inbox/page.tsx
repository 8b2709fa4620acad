import { useMemo } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { WaitingConnections, useWaitingConnections } from '../connect/waiting'
import { useLetterKeys } from '../shell/letters'
import { useCounts } from '../shell/rail'
import { t } from '../text/en'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { EmptyInbox } from './empty'
import { FilterBar } from './filter'
import { TaskList } from './list'
import { ReadingPane } from './pane'
import { afterGone, filterOf, neighbour, useTasks } from './queries'
import './inbox.css'

/** The list, and beside it the chosen task. On a small screen one of the two. */
export function InboxPage() {
  useTitle(t.inbox.title)
  const { serial } = useParams()
  const [params] = useSearchParams()
  const filter = filterOf(params)
  const tasks = useTasks(filter)
  const counts = useCounts().data
  const waits = useWaitingConnections().length > 0
  const list = useMemo(() => (tasks.data?.pages ?? []).flatMap((page) => page.items), [tasks.data])
  const serials = useMemo(() => list.map((task) => task.serial), [list])
  const go = useGo(serial)
  const say = useSay()

  useLetterKeys({
    j: () => go(neighbour(serials, serial, 1)),
    k: () => go(neighbour(serials, serial, -1)),
  })
  const open = (chosen: string) => {
    go(chosen)
    requestAnimationFrame(() => document.getElementById('task-title')?.focus())
  }
  const gone = (action: string | undefined, title: string) => {
    if (action) say(t.inbox.decided(action, title))
    if (serial) go(afterGone(serials, serial), true)
  }
  return (
    <div className={serial ? 'inbox reading' : 'inbox'}>
      <h1 className="unseen">{t.inbox.title}</h1>
      <section className="inbox-list" aria-label={t.inbox.list}>
        <header className="inbox-head">
          <h2>{t.inbox.title}</h2>
          <WaitingConnections />
          <FilterBar filter={filter} open={counts?.open} sleeping={counts?.sleeping} />
        </header>
        {tasks.error && <Failure error={tasks.error} retry={() => void tasks.refetch()} />}
        {tasks.isPending && (
          <div className="inbox-wait">
            <Skeleton rows={6} tall />
          </div>
        )}
        {tasks.data && list.length === 0 && <EmptyInbox filter={filter} waits={waits} />}
        {list.length > 0 && (
          <TaskList
            tasks={list}
            chosen={serial}
            onChoose={(chosen) => go(chosen)}
            onOpen={open}
            more={tasks.hasNextPage ? { load: () => void tasks.fetchNextPage(), loading: tasks.isFetchingNextPage } : undefined}
          />
        )}
      </section>
      <ReadingPane serial={serial} onGone={gone} back={pathWith(undefined, params)} empty={list.length === 0} />
    </div>
  )
}

function pathWith(serial: string | undefined, params: URLSearchParams): string {
  const query = params.toString()
  return `/inbox${serial ? `/${serial}` : ''}${query ? `?${query}` : ''}`
}

// Walking through the list is one step of the way back, however long the walk.
function useGo(serial: string | undefined) {
  const navigate = useNavigate()
  const [params] = useSearchParams()
  return (next: string | undefined, left = false) => {
    if (next === undefined && !left) return
    void navigate(pathWith(next, params), { replace: serial !== undefined })
  }
}
