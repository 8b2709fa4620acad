import { useNavigate, useParams } from 'react-router'
import { t } from '../text/en'
import { LinkButton } from '../ui/button/button'
import { Failure } from '../ui/problem/problem'
import { useTitle } from '../ui/page/page'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { useTask } from './queries'
import { TaskView } from './view'
import { WhereItStands } from './where'

export function TaskPage() {
  const { serial = '' } = useParams()
  const task = useTask(serial)
  const navigate = useNavigate()
  const say = useSay()
  useTitle(task.data?.body.title ?? '')
  const toInbox = (
    <LinkButton to="/inbox" icon="inbox">
      {t.task.toInbox}
    </LinkButton>
  )
  // A decision stays in view with its outcome; what was handed on is no longer ours to see.
  const gone = (action: string | undefined) => {
    if (action === undefined) void navigate('/inbox')
    else say(t.inbox.decided(action, task.data?.body.title ?? ''))
  }
  return (
    <div className="page">
      {task.error && <Failure error={task.error} retry={() => void task.refetch()} action={toInbox} />}
      {task.isPending && <Skeleton rows={6} />}
      {task.data && !task.error && (
        <div className="task-columns">
          <section className="section">
            <TaskView key={serial} task={task.data.body} etag={task.data.etag} heading="h1" onGone={gone} after={toInbox} />
          </section>
          <WhereItStands instance={task.data.body.instance} />
        </div>
      )}
    </div>
  )
}
