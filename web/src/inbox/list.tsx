import { ListBox, ListBoxItem, ListBoxLoadMoreItem, ListLayout, Virtualizer } from 'react-aria-components'
import type { Task } from '../api/types'
import { standInWords } from '../text/standin'
import { t } from '../text/en'
import { called } from '../words/person'
import { Badge } from '../ui/badge/badge'
import { Coin } from '../ui/coin/coin'
import { Icon } from '../ui/icon/icon'
import { When } from '../ui/when/when'
import { Due } from '../task/due'

interface Props {
  tasks: readonly Task[]
  chosen: string | undefined
  onChoose: (serial: string) => void
  onOpen: (serial: string) => void
  more?: { load: () => void; loading: boolean } | undefined
}

/** The tasks, as many as there are: only the rows in view are drawn. */
export function TaskList({ tasks, chosen, onChoose, onOpen, more }: Props) {
  return (
    <Virtualizer layout={ListLayout} layoutOptions={{ estimatedRowSize: 78 }}>
      <ListBox
        aria-label={t.inbox.list}
        className="tasks"
        selectionMode="single"
        selectionBehavior="replace"
        disallowEmptySelection
        selectedKeys={chosen ? [chosen] : []}
        onSelectionChange={(keys) => {
          const serial = keys === 'all' ? undefined : [...keys][0]
          if (serial !== undefined && serial !== chosen) onChoose(String(serial))
        }}
        onAction={(key) => onOpen(String(key))}
      >
        {tasks.map((task) => (
          <Row key={task.serial} task={task} />
        ))}
        {more && (
          <ListBoxLoadMoreItem className="tasks-more" onLoadMore={more.load} isLoading={more.loading}>
            {t.inbox.moreToCome}
          </ListBoxLoadMoreItem>
        )}
      </ListBox>
    </Virtualizer>
  )
}

function Row({ task }: { task: Task }) {
  return (
    <ListBoxItem id={task.serial} textValue={task.title} className="task-row">
      <Coin person={task.starter} />
      <div className="task-row-words">
        <p className="task-row-top">
          <span className="task-row-from">{called(task.starter)}</span>
          <span className="quiet small nowrap">
            <When at={task.offeredAt} />
          </span>
        </p>
        <p className="task-row-title">{task.title}</p>
        <p className="task-row-foot small quiet">
          <span className="task-row-workflow">{task.folio && task.folio !== task.title ? task.folio : task.workflow}</span>
          {task.priority === 0 && (
            <span className="task-row-flag">
              <Icon name="flag" />
              <span className="unseen">{t.task.priority[0]}</span>
            </span>
          )}
          {task.via && <Badge icon="people">{called(task.via)}</Badge>}
          {task.for && <Badge icon="person">{standInWords.short(called(task.for))}</Badge>}
          <Due task={task} brief />
        </p>
      </div>
    </ListBoxItem>
  )
}
