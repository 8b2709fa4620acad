import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { Incident, InstanceDetail, Person } from '../../api/types'
import { repairWords as words } from '../../text/repair'
import { called } from '../../words/person'
import { Button } from '../../ui/button/button'
import { Menu, type Item } from '../../ui/menu/menu'
import { Message } from '../../ui/message/message'
import { Failure } from '../../ui/problem/problem'
import { When } from '../../ui/when/when'
import { DataDialog, DeleteDialog, EndDialog, HoldDialog, MoveDialog, RetryDialog, SkipDialog } from './dialogs'
import { useResume } from './queries'
import './repair.css'

type What = 'hold' | 'data' | 'move' | 'end' | 'delete'

/** What an administrator of the workflow can do with an instance, wherever it is. */
export function RepairMenu({ instance }: { instance: InstanceDetail }) {
  const [what, setWhat] = useState<What>()
  const navigate = useNavigate()
  const close = () => setWhat(undefined)
  const item = (id: What, icon: Item['icon']): Item => ({ id, label: words[id].item, ...(icon ? { icon } : {}), onPress: () => setWhat(id) })
  const running = instance.status === 'running'
  const mend = [...(instance.variables.length > 0 ? [item('data', 'comment')] : []), item('move', 'forward')]
  const finish = [...(instance.stopped ? [] : [item('hold', 'stop')]), item('end', 'check')]
  const groups = running ? [mend, finish] : [[item('delete', 'bin')]]
  return (
    <>
      <Menu label={words.menu} trigger={<Button icon="more">{words.menu}</Button>} groups={groups} />
      {what === 'hold' && <HoldDialog instance={instance} onClose={close} />}
      {what === 'data' && <DataDialog instance={instance} onClose={close} />}
      {what === 'move' && <MoveDialog instance={instance} onClose={close} />}
      {what === 'end' && <EndDialog instance={instance} onClose={close} />}
      {what === 'delete' && <DeleteDialog instance={instance} onClose={close} onGone={() => void navigate('/manage/instances')} />}
    </>
  )
}

interface Stop {
  by: Person
  at: string
  reason: string
}

/** That an instance is stopped, by whom and why, and the button that lets it go on. */
export function StoppedMessage({ instance, stopped }: { instance: InstanceDetail; stopped: Stop }) {
  const resume = useResume(instance.id, words.resumed)
  return (
    <Message
      tone="warn"
      action={
        instance.canManage && (
          <Button look="primary" onPress={() => resume.mutate(undefined)} busy={resume.isPending}>
            {words.resume}
          </Button>
        )
      }
    >
      <p>
        <strong>{words.stopped}</strong> {words.stoppedBy(called(stopped.by))} <When at={stopped.at} />, {words.because(stopped.reason)}
      </p>
      <p>{words.stoppedLead}</p>
      {resume.error && <Failure error={resume.error} />}
    </Message>
  )
}

/** What there is besides trying a failed step again as it is. */
export function IncidentMenu({ instance, incident }: { instance: InstanceDetail; incident: Incident }) {
  const [what, setWhat] = useState<'retry' | 'skip'>()
  const close = () => setWhat(undefined)
  return (
    <>
      <Button onPress={() => setWhat('skip')}>{words.skip.item}</Button>
      {instance.variables.length > 0 && <Button onPress={() => setWhat('retry')}>{words.retry.item}</Button>}
      {what === 'retry' && <RetryDialog instance={instance} incident={incident} onClose={close} />}
      {what === 'skip' && <SkipDialog instance={instance} incident={incident} onClose={close} />}
    </>
  )
}
