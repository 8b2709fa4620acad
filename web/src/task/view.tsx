import { lazy, Suspense, useState } from 'react'
import { Link } from 'react-router'
import type { TaskDetail } from '../api/types'
import { useMe } from '../shell/session'
import { fileWords } from '../text/files'
import { standInWords } from '../text/standin'
import { t } from '../text/en'
import { called } from '../words/person'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { Coin, PersonTag } from '../ui/coin/coin'
import { Menu, type Item } from '../ui/menu/menu'
import { Message } from '../ui/message/message'
import { When } from '../ui/when/when'
import { Answers } from './answers'
import { Comments } from './comments'
import { DecisionForm } from './decision'
import { Due } from './due'
import { Facts } from './facts'
import { Files } from './files'
import { useMoves, type Moves } from './queries'
import { Questions } from './questions'
import { TaskStatus } from './status'
import './task.css'

// What few presses lead to comes when it is asked for.
const AskDialog = lazy(async () => ({ default: (await import('./ask')).AskDialog }))
const HandDialog = lazy(async () => ({ default: (await import('./dialogs')).HandDialog }))
const SleepDialog = lazy(async () => ({ default: (await import('./dialogs')).SleepDialog }))
const WithdrawDialog = lazy(async () => ({ default: (await import('./withdraw')).WithdrawDialog }))

interface Props {
  task: TaskDetail
  etag: string | undefined
  /** What stands beside the state of a closed task: where to go from here. */
  after?: React.ReactNode
  heading: 'h1' | 'h2'
  /** Decided, redirected, put to sleep: the task has left. */
  onGone: (what: string | undefined) => void
  tools?: React.ReactNode
}

/** One task: what it is about, what can be done, who else. In the inbox and on its own page. */
export function TaskView({ task, etag, after, heading: Heading, onGone, tools }: Props) {
  const me = useMe()
  const moves = useMoves(task.serial, () => onGone(undefined))
  const Part = Heading === 'h1' ? 'h2' : 'h3'
  const facts = task.variables.filter((variable) => !variable.editable || !task.canDecide)
  return (
    <article className="task" data-serial={task.serial}>
      <header className="task-head">
        <Coin person={task.starter} size="big" />
        <div className="task-words">
          <Heading className="task-title" tabIndex={-1} id="task-title">
            {task.title}
          </Heading>
          <p className="quiet">
            {called(task.starter)} · <Link to={`/requests/${task.instance}`}>{task.folio || task.workflow}</Link> · <When at={task.offeredAt} />
          </p>
          <TaskBadges task={task} />
        </div>
        <div className="row task-tools">
          {tools}
          <MoreMenu task={task} moves={moves} me={me.id} />
        </div>
      </header>
      <TaskStatus task={task} me={me.id} moves={moves} action={after} />
      {task.for && task.canDecide && <Message>{standInWords.lead(called(task.for))}</Message>}
      {task.instructions && <p className="prose">{task.instructions}</p>}
      {facts.length > 0 && <Facts variables={facts} />}
      {task.canDecide && <DecisionForm key={task.serial} task={task} etag={etag} onDone={onGone} />}
      <Questions task={task} moves={moves} heading={Part} />
      <Answers task={task} heading={Part} />
      <Others task={task} me={me.id} heading={Part} />
      <section className="stack task-part">
        <Part>{fileWords.title}</Part>
        <Files serial={task.serial} instance={task.instance} files={task.files} me={me.id} open={task.status !== 'closed'} />
      </section>
      <section className="stack task-part">
        <Part>{t.task.comments}</Part>
        <Comments comments={task.comments} send={moves.comment} />
      </section>
    </article>
  )
}

function TaskBadges({ task }: { task: TaskDetail }) {
  const shown = [task.due && task.status !== 'closed', task.priority === 0, task.via, task.for].some(Boolean)
  if (!shown) return null
  return (
    <p className="row task-badges">
      <Due task={task} />
      {task.priority === 0 && (
        <Badge tone="bad" icon="flag">
          {t.task.priority[0]}
        </Badge>
      )}
      {task.via && <Badge icon="people">{t.task.via(called(task.via))}</Badge>}
      {task.for && <Badge icon="person">{standInWords.short(called(task.for))}</Badge>}
    </p>
  )
}

function Others({ task, me, heading: Heading }: { task: TaskDetail; me: string; heading: 'h2' | 'h3' }) {
  const others = task.recipients.filter((person) => person.id !== me)
  if (task.status === 'closed' || (others.length === 0 && !task.canDecide)) return null
  return (
    <section className="task-part">
      <Heading>{t.task.whoElse}</Heading>
      {others.length === 0 ? (
        <p className="quiet">{t.task.onlyYou}</p>
      ) : (
        <>
          <p className="row">
            {others.map((person) => (
              <PersonTag key={person.id} person={person} />
            ))}
          </p>
          {task.holders && task.holders.length > 0 && (
            <p className="row quiet small">
              {standInWords.holders}
              {task.holders.map((person) => (
                <PersonTag key={person.id} person={person} you={person.id === me} youText={t.common.youCap} />
              ))}
            </p>
          )}
          {(task.wanted ?? 1) < 2 && <p className="quiet small">{t.task.firstDecides}</p>}
        </>
      )}
    </section>
  )
}

// Who has no part in a task of several chooses whose part to hand on.
function partsOf({ recipients, via, for: absent }: TaskDetail, me: string) {
  const mine = via || absent || recipients.some(({ id }) => id === me)
  return mine || recipients.length < 2 ? [] : recipients
}

function MoreMenu({ task, moves, me }: { task: TaskDetail; moves: Moves; me: string }) {
  const [dialog, setDialog] = useState<'redirect' | 'share' | 'sleep' | 'ask' | 'withdraw'>()
  const close = () => setDialog(undefined)
  const items: Item[] = []
  if (task.canRedirect) items.push({ id: 'redirect', label: t.task.redirect, icon: 'forward', onPress: () => setDialog('redirect') })
  if (task.canDecide) items.push({ id: 'share', label: t.task.share, icon: 'people', onPress: () => setDialog('share') })
  if (task.canDecide) items.push({ id: 'ask', label: t.task.ask, icon: 'mail', onPress: () => setDialog('ask') })
  if (task.canDecide && task.status !== 'sleeping') items.push({ id: 'sleep', label: t.task.sleep, icon: 'sleep', onPress: () => setDialog('sleep') })
  if (task.canClaim && task.canDecide) items.push({ id: 'claim', label: t.task.claim, icon: 'hand', onPress: () => moves.claim.mutate() })
  if (task.canRelease) items.push({ id: 'release', label: t.task.release, icon: 'hand', onPress: () => moves.release.mutate() })
  if (task.canWithdraw) items.push({ id: 'withdraw', label: standInWords.withdraw.item, icon: 'stop', onPress: () => setDialog('withdraw') })
  if (items.length === 0) return null
  return (
    <>
      <Menu label={t.common.more} trigger={<Button look="subtle" icon="more" aria-label={t.common.more} />} groups={[items]} />
      <Suspense>
        {dialog === 'redirect' && <HandDialog open onClose={close} move={moves.redirect} words={t.task.redirecting} parts={partsOf(task, me)} />}
        {dialog === 'share' && <HandDialog open onClose={close} move={moves.share} words={t.task.sharing} />}
        {dialog === 'ask' && <AskDialog open onClose={close} ask={moves.ask} starter={called(task.starter)} />}
        {dialog === 'withdraw' && <WithdrawDialog outcomes={task.outcomes ?? []} onClose={close} withdraw={moves.withdraw} />}
        {dialog === 'sleep' && <SleepDialog open onClose={close} sleep={moves.sleep} />}
      </Suspense>
    </>
  )
}

export function RequestLink({ task }: { task: TaskDetail }) {
  return <Link to={`/requests/${task.instance}`}>{t.task.openRequest}</Link>
}
