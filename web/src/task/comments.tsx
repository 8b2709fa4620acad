import { useState } from 'react'
import type { Event } from '../api/types'
import { t } from '../text/en'
import { called } from '../words/person'
import { Button } from '../ui/button/button'
import { Coin } from '../ui/coin/coin'
import { TextArea } from '../ui/field/field'
import { Failure } from '../ui/problem/problem'
import { When } from '../ui/when/when'
import './comments.css'

interface Send {
  mutate: (text: string, options: { onSuccess: () => void }) => void
  isPending: boolean
  error: Error | null
}

/** What people wrote, and a box to write more. */
export function Comments({ comments, send }: { comments: readonly Event[]; send?: Send }) {
  return (
    <div className="stack">
      {comments.length > 0 ? (
        <ul className="stack comments">
          {comments.map((comment) => (
            <li key={comment.seq}>
              {comment.by && <Coin person={comment.by} size="small" />}
              <div>
                <p className="small">
                  {comment.by && <strong>{called(comment.by)}</strong>}{' '}
                  <span className="quiet">
                    <When at={comment.at} />
                  </span>
                </p>
                <p className="prose">{comment.comment || comment.text}</p>
              </div>
            </li>
          ))}
        </ul>
      ) : (
        <p className="quiet">{t.task.noComments}</p>
      )}
      {send && <CommentBox send={send} />}
    </div>
  )
}

export function CommentBox({ send, label = t.task.addComment, button = t.instance.commentButton }: { send: Send; label?: string; button?: string }) {
  const [text, setText] = useState('')
  const go = () => text.trim() && send.mutate(text.trim(), { onSuccess: () => setText('') })
  return (
    <div className="stack comment-box">
      {send.error && <Failure error={send.error} />}
      <TextArea label={label} value={text} onChange={setText} rows={2} onKeyDown={(event) => event.key === 'Enter' && event.ctrlKey && go()} />
      <div>
        <Button onPress={go} isDisabled={!text.trim()} busy={send.isPending}>
          {button}
        </Button>
      </div>
    </div>
  )
}
