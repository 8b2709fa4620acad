import { useState } from 'react'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { TextArea } from '../ui/field/field'
import { PersonPicker } from '../ui/person/picker'
import { Failure } from '../ui/problem/problem'
import type { Moves } from './queries'

interface AskProps {
  open: boolean
  onClose: () => void
  ask: Moves['ask']
  starter: string
}

/** Asks whoever started the request, or somebody else. The task stays. */
export function AskDialog({ open, onClose, ask, starter }: AskProps) {
  const [to, setTo] = useState('')
  const [text, setText] = useState('')
  const send = () => text.trim() && ask.mutate({ text: text.trim(), ...(to ? { to } : {}) }, { onSuccess: onClose })
  return (
    <Dialog
      title={t.task.askTitle}
      open={open}
      onClose={onClose}
      actions={
        <Button look="primary" onPress={send} isDisabled={!text.trim()} busy={ask.isPending}>
          {t.task.askButton}
        </Button>
      }
    >
      <p className="quiet">{t.task.askLead}</p>
      {ask.error && <Failure error={ask.error} />}
      <PersonPicker label={t.task.askWhom(starter)} groups={false} value={to} onChange={setTo} />
      <TextArea label={t.task.askText} value={text} onChange={setText} rows={3} />
    </Dialog>
  )
}
