import { Link } from 'react-router'
import { t } from '../text/en'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Icon } from '../ui/icon/icon'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { RequestLink, TaskView } from '../task/view'
import { useTask } from '../task/queries'

interface Props {
  serial: string | undefined
  onGone: (action: string | undefined, title: string) => void
  back: string
  empty: boolean
}

/** The chosen task, beside the list. */
export function ReadingPane({ serial, onGone, back, empty }: Props) {
  return (
    <section className="inbox-pane" aria-label={t.inbox.reading}>
      {serial ? <Chosen serial={serial} onGone={onGone} back={back} /> : !empty && <Empty icon="inbox">{t.inbox.pick}</Empty>}
    </section>
  )
}

function Chosen({ serial, onGone, back }: { serial: string } & Pick<Props, 'onGone' | 'back'>) {
  const task = useTask(serial)
  return (
    <>
      <Link to={back} className="page-back inbox-back">
        <Icon name="back" />
        {t.inbox.backToList}
      </Link>
      {task.error && (
        <Failure
          error={task.error}
          retry={() => void task.refetch()}
          action={<LinkButton to={back}>{t.inbox.backToList}</LinkButton>}
        />
      )}
      {task.isPending && <Skeleton rows={6} />}
      {task.data && !task.error && (
        <TaskView
          key={serial}
          task={task.data.body}
          etag={task.data.etag}
          heading="h2"
          onGone={(action) => onGone(action, task.data.body.title)}
          after={<RequestLink task={task.data.body} />}
          tools={
            <Link to={`/tasks/${serial}`} className="button subtle only-icon" aria-label={t.inbox.fullPage} title={t.inbox.fullPage}>
              <Icon name="fit" />
            </Link>
          }
        />
      )}
    </>
  )
}
