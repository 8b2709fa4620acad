import type { Task } from '../api/types'
import { absolute, inWords, urgency } from '../words/time'
import { speech } from '../text/speech'
import { t } from '../text/en'
import { Badge } from '../ui/badge/badge'
import { useNow } from '../ui/when/now'

/** When a task is due, coloured by how soon. */
export function Due({ task }: { task: Pick<Task, 'due' | 'status'> }) {
  const now = useNow()
  if (!task.due || task.status === 'closed') return null
  const at = new Date(task.due)
  const near = urgency(at, now)
  const words = inWords(at, now, speech)
  return (
    <span title={absolute(at, speech)}>
      <Badge tone={near === 'over' ? 'bad' : near === 'soon' ? 'warn' : 'neutral'} icon="clock">
        {near === 'over' ? t.task.overdue(words) : t.task.due(words)}
      </Badge>
    </span>
  )
}
