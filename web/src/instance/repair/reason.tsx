import { useState } from 'react'
import { problemOf, sortFields } from '../../api/problem'
import { repairWords as words } from '../../text/repair'
import { Button } from '../../ui/button/button'
import { Dialog } from '../../ui/dialog/dialog'
import { TextArea } from '../../ui/field/field'
import { Failure } from '../../ui/problem/problem'

interface Props {
  title: string
  lead: string
  button: string
  keep?: string
  /** It cannot be taken back. */
  danger?: boolean
  onClose: () => void
  busy: boolean
  error: Error | null
  /** Fields a refusal may name that stand in children. */
  known?: readonly string[]
  /** Tells whether children are filled in, and shows what is not. */
  check?: () => boolean
  /** Whether it can be done at all; if not, children say why. */
  ready?: boolean
  submit: (reason: string) => void
  children?: React.ReactNode
}

/** Asks before something is done to an instance: what will happen, and why it is done. */
export function ReasonDialog({ title, lead, button, keep, danger = false, onClose, busy, error, known = [], check = () => true, ready = true, submit, children }: Props) {
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const problem = error ? problemOf(error) : undefined
  const { at, rest } = sortFields(problem?.fields ?? [], ['reason', ...known])
  const send = () => {
    const fine = check()
    setMissing(!reason.trim())
    if (fine && reason.trim() && !busy) submit(reason.trim())
  }
  return (
    <Dialog
      title={title}
      open
      onClose={onClose}
      alert={danger}
      {...(keep ? { cancelText: keep } : {})}
      actions={
        <Button look={danger ? 'danger' : 'primary'} onPress={send} busy={busy} isDisabled={!ready}>
          {button}
        </Button>
      }
    >
      <p>{lead}</p>
      {problem && (rest.length > 0 || at.size === 0) && <Failure error={problem} />}
      {children}
      <TextArea label={words.reason} help={words.reasonHelp} value={reason} onChange={setReason} rows={2} required error={missing && !reason.trim() ? words.reasonMissing : at.get('reason')} />
    </Dialog>
  )
}
