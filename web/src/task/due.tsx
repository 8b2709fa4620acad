import type { Task } from '../api/types'
import { absolute, dayInWords, inWords, urgency } from '../words/time'
import { speech } from '../text/speech'
import { t } from '../text/en'
import { Badge } from '../ui/badge/badge'
import { useNow } from '../ui/when/now'

interface Props {
  task: Pick<Task, 'due' | 'status'>
  /** In a list there is room for the day, and for a mark on what is near. */
  brief?: boolean
}

/** When a task is due, coloured by how soon. */
export function Due({ task, brief = false }: Props) {
  const now = useNow()
  if (!task.due || task.status === 'closed') return null
  const at = new Date(task.due)
  const near = urgency(at, now)
  if (brief && near === 'later') {
    return (
      <span className="nowrap" title={absolute(at, speech)}>
        {t.task.due(dayInWords(at, now, speech))}
      </span>
    )
  }
  const words = inWords(at, now, speech)
  return (
    <span title={absolute(at, speech)}>
      <Badge tone={near === 'over' ? 'bad' : near === 'soon' ? 'warn' : 'neutral'} icon="clock">
        {near === 'over' ? t.task.overdue(words) : t.task.due(words)}
      </Badge>
    </span>
  )
}
