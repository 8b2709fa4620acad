import { useState } from 'react'
import type { TaskDetail } from '../api/types'
import { called } from '../words/person'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Coin } from '../ui/coin/coin'
import { Dialog } from '../ui/dialog/dialog'
import { TextArea } from '../ui/field/field'
import { PersonPicker } from '../ui/person/picker'
import { Failure } from '../ui/problem/problem'
import { When } from '../ui/when/when'
import { CommentBox } from './comments'
import type { Moves } from './queries'

/** What was asked about the task, the replies, and a box for the one that waits for ours. */
export function Questions({ task, moves, heading: Heading }: { task: TaskDetail; moves: Moves; heading: 'h2' | 'h3' }) {
  const questions = (task.questions ?? []).filter((question) => question.text)
  if (questions.length === 0) return null
  return (
    <section className="stack task-part">
      <Heading>{t.task.questions}</Heading>
      <ul className="stack comments">
        {questions.map((question) => (
          <li key={question.number}>
            <Coin person={question.by} size="small" />
            <div className="stack">
              <p className="small">
                <strong>{t.task.asks(called(question.by), called(question.to))}</strong>{' '}
                <span className="quiet">
                  <When at={question.at} />
                </span>
              </p>
              <p className="prose">{question.text}</p>
              {question.reply && (
                <p className="prose">
                  <strong>{called(question.to)}:</strong> {question.reply}
                </p>
              )}
              {question.yours && (
                <CommentBox
                  label={t.task.replyLabel}
                  button={t.task.replyButton}
                  send={{
                    mutate: (text, options) => moves.reply.mutate({ number: question.number, text }, options),
                    isPending: moves.reply.isPending,
                    error: moves.reply.error,
                  }}
                />
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

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
