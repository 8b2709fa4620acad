import type { TaskDetail } from '../api/types'
import { called, calledFor } from '../words/person'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Message } from '../ui/message/message'
import { When } from '../ui/when/when'
import type { Moves } from './queries'

interface Props {
  task: TaskDetail
  me: string
  moves: Moves
  action?: React.ReactNode
}

/** What there is to know before deciding: it is done, somebody has it, it sleeps. */
export function TaskStatus({ task, me, moves, action }: Props) {
  if (task.status === 'closed') {
    return (
      <Message tone={task.outcome ? 'good' : 'info'} live action={action}>
        {closedText(task, me)} {task.closedAt && <When at={task.closedAt} />}
      </Message>
    )
  }
  if (task.status === 'sleeping') {
    return (
      <Message
        action={
          <Button onPress={() => moves.wake.mutate()} busy={moves.wake.isPending}>
            {t.task.wake}
          </Button>
        }
      >
        {t.task.sleepUntil} {task.sleepUntil && <When at={task.sleepUntil} />}
      </Message>
    )
  }
  if (task.status === 'asked') return <Message>{t.task.youAreAsked}</Message>
  if (task.status === 'answered') return <Message tone="good">{t.task.youAnswered}</Message>
  if (task.claimedBy) {
    const mine = task.claimedBy.id === me
    return (
      <Message
        action={
          task.canRelease && (
            <Button onPress={() => moves.release.mutate()} busy={moves.release.isPending}>
              {t.task.release}
            </Button>
          )
        }
      >
        {mine ? (task.claiming ? t.task.claimedByYou : t.task.markedByYou) : t.task.claimed(called(task.claimedBy))}
      </Message>
    )
  }
  if (task.canClaim && !task.canDecide) {
    return (
      <Message
        action={
          <Button look="primary" onPress={() => moves.claim.mutate()} busy={moves.claim.isPending}>
            {t.task.claim}
          </Button>
        }
      >
        {t.task.claimHelp}
      </Message>
    )
  }
  return task.canDecide ? null : <Message>{t.task.cannotDecide}</Message>
}

function closedText(task: TaskDetail, me: string): string {
  if (!task.outcome) return t.task.closedNoOutcome
  if (!task.closedBy) return t.task.closedAlone(task.outcome)
  if (task.closedBy.id === me && !task.closedFor) return t.task.youDecided(task.outcome)
  return t.task.closedBy(task.outcome, calledFor(task.closedBy, task.closedFor))
}
