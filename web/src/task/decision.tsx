import { useRef, useState } from 'react'
import type { Action, TaskDetail } from '../api/types'
import { onceKey } from '../api/client'
import { problemOf, sentence, sortFields } from '../api/problem'
import { useLetterKeys } from '../shell/letters'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { TextArea } from '../ui/field/field'
import { Fields, FormSummary } from '../ui/form/form'
import { draftOf, readDraft } from '../ui/form/values'
import { Failure } from '../ui/problem/problem'
import { useDecide } from './queries'

interface Props {
  task: TaskDetail
  etag: string | undefined
  onDone: (action: string) => void
}

const noComplaints: ReadonlyMap<string, string> = new Map()

/** The fields one may change, the comment, and one button per action. */
export function DecisionForm({ task, etag, onDone }: Props) {
  const editable = task.variables.filter((variable) => variable.editable)
  const [draft, setDraft] = useState(() => draftOf(editable))
  const [comment, setComment] = useState('')
  const [wrong, setWrong] = useState(noComplaints)
  const [armed, setArmed] = useState<Action>()
  const commentBox = useRef<HTMLTextAreaElement>(null)
  const sending = useRef<{ what: string; once: string }>(undefined)
  const decide = useDecide(task.serial, onDone)

  const send = (action: Action) => {
    if (decide.isPending) return
    const { values, wrong } = readDraft(editable, draft)
    if (action.commentRequired && !comment.trim()) wrong.set('comment', t.task.commentNeeded(action.name))
    setWrong(wrong)
    if (wrong.size > 0) return
    // The same decision pressed again after a lost answer must not count twice.
    const what = JSON.stringify([action.name, comment, values])
    if (sending.current?.what !== what) sending.current = { what, once: onceKey() }
    setArmed(action)
    decide.mutate({ action: action.name, comment, variables: values, etag, once: sending.current.once })
  }
  const arm = (action: Action | undefined) => {
    if (!action) return
    setArmed(action)
    commentBox.current?.focus()
  }
  const byNumber = Object.fromEntries(task.choices.slice(0, 9).map((action, i) => [String(i + 1), () => arm(action)]))
  useLetterKeys({ a: () => arm(task.choices[0]), ...byNumber })

  const typed = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && armed) {
      event.preventDefault()
      send(armed)
    } else if (event.key === 'Escape') {
      setArmed(undefined)
      commentBox.current?.blur()
    }
  }

  const refused = decide.error ? problemOf(decide.error) : undefined
  const sorted = sortFields(refused?.fields ?? [], [...editable.map((variable) => variable.name), 'comment'])
  const complaints = wrong.size > 0 ? wrong : sorted.at
  return (
    <div className="stack decision" onKeyDown={typed}>
      {complaints.size > 0 && (
        <FormSummary wrong={complaints} title={t.start.fix(complaints.size)} rest={sorted.rest.map((one) => sentence(one.detail, one.advice))} />
      )}
      {refused && complaints.size === 0 && <Failure error={refused} />}
      {editable.length > 0 && <Fields fields={editable} draft={draft} wrong={complaints} onChange={(name, value) => setDraft({ ...draft, [name]: value })} />}
      <div id="field-comment">
        <TextArea
          label={t.task.comment}
          value={comment}
          onChange={setComment}
          rows={2}
          inputRef={commentBox}
          error={complaints.get('comment')}
          help={armed && !decide.isPending ? t.task.armed(armed.name) : t.task.commentHelp}
        />
      </div>
      <div className="row actions">
        {task.choices.map((action, i) => (
          <Button key={action.name} look={lookOf(action, i, armed)} busy={decide.isPending && armed?.name === action.name} onPress={() => send(action)}>
            {action.name}
          </Button>
        ))}
      </div>
    </div>
  )
}

function lookOf(action: Action, i: number, armed: Action | undefined) {
  const first = armed ? armed.name === action.name : i === 0
  return first ? 'primary' : 'plain'
}
