import { useState } from 'react'
import { useMe } from '../shell/session'
import type { Person } from '../api/types'
import { speech } from '../text/speech'
import { standInWords } from '../text/standin'
import { t } from '../text/en'
import { called } from '../words/person'
import { absolute } from '../words/time'
import { Button } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Select, TextArea, TextField } from '../ui/field/field'
import { PersonPicker } from '../ui/person/picker'
import { Failure } from '../ui/problem/problem'
import { localMoment } from '../ui/form/values'
import type { Moves } from './queries'
import { sleepUntil, type SleepChoice } from './sleeptimes'

interface Props {
  open: boolean
  onClose: () => void
}

interface Hand extends Props {
  move: Moves['redirect'] | Moves['share']
  words: { title: string; lead: string; to: string; button: string }
  /** Of whom one part can be handed on. */
  parts?: readonly Person[]
}

const everybody = 'everybody'

/** Hands the task to somebody else, or puts it before them, too. */
export function HandDialog({ open, onClose, move, words, parts = [] }: Hand) {
  const { admin } = useMe() // others hand a task to one person only
  const [to, setTo] = useState('')
  const [comment, setComment] = useState('')
  const [missing, setMissing] = useState(false)
  const [part, setPart] = useState(everybody)
  const send = () => {
    setMissing(!to)
    if (!to) return
    move.mutate({ to, ...(part === everybody ? {} : { from: part }), ...(comment.trim() ? { comment: comment.trim() } : {}) }, { onSuccess: onClose })
  }
  return (
    <Dialog
      title={words.title}
      open={open}
      onClose={onClose}
      actions={
        <Button look="primary" onPress={send} busy={move.isPending}>
          {words.button}
        </Button>
      }
    >
      <p className="quiet">{words.lead}</p>
      {move.error && <Failure error={move.error} />}
      {parts.length > 0 && (
        <Select
          label={standInWords.part}
          value={part}
          onChange={setPart}
          options={[{ id: everybody, label: standInWords.everybody }, ...parts.map((person) => ({ id: person.id, label: called(person) }))]}
        />
      )}
      <PersonPicker label={words.to} groups={admin} value={to} onChange={setTo} required autoFocus error={missing && !to ? t.field.person : undefined} />
      <TextArea label={`${t.task.comment} (${t.common.optional})`} value={comment} onChange={setComment} rows={2} />
    </Dialog>
  )
}

type Choice = SleepChoice | 'own'

/** Hides the task until a time. */
export function SleepDialog({ open, onClose, sleep }: Props & { sleep: Moves['sleep'] }) {
  const [choice, setChoice] = useState<Choice>('tomorrow')
  const [own, setOwn] = useState(() => localMoment(sleepUntil('tomorrow', new Date()).toISOString()))
  const until = choice === 'own' ? new Date(own) : sleepUntil(choice, new Date())
  const usable = !Number.isNaN(until.getTime()) && until.getTime() > Date.now()
  const options = (['hour', 'tomorrow', 'monday', 'own'] satisfies Choice[]).map((id) => ({ id, label: t.task.sleepChoices[id] }))
  return (
    <Dialog
      title={t.task.sleepTitle}
      open={open}
      onClose={onClose}
      actions={
        <Button look="primary" isDisabled={!usable} onPress={() => sleep.mutate(until, { onSuccess: onClose })} busy={sleep.isPending}>
          {t.task.sleepButton}
        </Button>
      }
    >
      <p className="quiet">{t.task.sleepLead}</p>
      {sleep.error && <Failure error={sleep.error} />}
      <Select label={t.task.sleepUntil} value={choice} onChange={(next) => setChoice(next as Choice)} options={options} />
      {choice === 'own' && <TextField label={t.task.sleepChoices.own} type="datetime-local" value={own} onChange={setOwn} error={usable ? undefined : t.field.date} />}
      {usable && <p className="quiet small">{absolute(until, speech)}</p>}
    </Dialog>
  )
}
