import { useState } from 'react'
import { standInWords } from '../text/standin'
import { Button } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Select, TextArea } from '../ui/field/field'
import { Failure } from '../ui/problem/problem'
import type { Moves } from './queries'

interface Withdraw {
  outcomes: readonly string[]
  onClose: () => void
  withdraw: Moves['withdraw']
}

/** Takes the task from everybody, with an outcome. For administrators. */
export function WithdrawDialog({ outcomes, onClose, withdraw }: Withdraw) {
  const words = standInWords.withdraw
  const [outcome, setOutcome] = useState('')
  const [comment, setComment] = useState('')
  const [tried, setTried] = useState(false)
  const send = () => {
    setTried(true)
    if (outcome && comment.trim()) withdraw.mutate({ outcome, comment: comment.trim() }, { onSuccess: onClose })
  }
  return (
    <Dialog
      title={words.title}
      open
      onClose={onClose}
      alert
      cancelText={words.keep}
      actions={
        <Button look="danger" onPress={send} busy={withdraw.isPending}>
          {words.button}
        </Button>
      }
    >
      <p>{words.lead}</p>
      {withdraw.error && <Failure error={withdraw.error} />}
      <Select label={words.outcome} value={outcome} onChange={setOutcome} options={outcomes.map((id) => ({ id, label: id }))} required error={tried && !outcome ? words.missing : undefined} />
      <TextArea label={words.comment} value={comment} onChange={setComment} rows={2} required error={tried && !comment.trim() ? words.commentMissing : undefined} />
    </Dialog>
  )
}
