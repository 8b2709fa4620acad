import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { problemOf, sortFields } from '../api/problem'
import type { Absence } from '../api/types'
import { workflows } from '../manage/queries'
import { absenceWords } from '../text/absence'
import { t } from '../text/en'
import { called } from '../words/person'
import { Button } from '../ui/button/button'
import { Select, TextField } from '../ui/field/field'
import { SeveralPeople } from '../ui/person/several'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { bodyOf, check, draftOf, type Draft, type Exception } from './absenceform'
import { useAbsencePreview, useSetAbsence } from './absencequeries'
import './absence.css'

const words = absenceWords.form
const mostPeople = 10
const noComplaints: ReadonlyMap<string, string> = new Map()

interface Props {
  id: string | undefined
  name: string | undefined
  set: Absence
  onClose: () => void
}

/** From when until when, who stands in, and what that does with the tasks that are open. */
export function AbsenceForm({ id, name, set, onClose }: Props) {
  const [draft, setDraft] = useState(() => draftOf(set))
  const [wrong, setWrong] = useState(noComplaints)
  const say = useSay()
  const save = useSetAbsence(id, () => {
    onClose()
    say(absenceWords.saved)
  })
  const change = (more: Partial<Draft>) => setDraft((now) => ({ ...now, ...more }))
  const problem = save.error ? problemOf(save.error) : undefined
  const rows = draft.except.map((_, i) => `except.${i}`)
  const { at, rest } = sortFields(problem?.fields ?? [], ['from', 'to', 'substitutes', ...rows])
  const complaint = (field: string) => wrong.get(field) ?? at.get(field)
  const submit = () => {
    const found = check(draft, new Date())
    setWrong(found)
    if (found.size === 0) save.mutate(bodyOf(draft, set.rev))
  }
  return (
    <form
      className="stack absence-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!save.isPending) submit()
      }}
    >
      <div className="absence-times">
        <TextField label={words.from} help={words.fromHelp} type="datetime-local" value={draft.from} onChange={(from) => change({ from })} error={complaint('from')} />
        <TextField label={words.to} help={words.toHelp} type="datetime-local" value={draft.to} onChange={(to) => change({ to })} error={complaint('to')} />
      </div>
      <SeveralPeople
        label={words.substitutes}
        help={words.substitutesHelp}
        removeLabel={words.remove}
        value={draft.substitutes}
        onChange={(substitutes) => change({ substitutes })}
        error={complaint('substitutes')}
        most={mostPeople}
      />
      {draft.substitutes.length > 0 && (
        <Select
          label={words.tasks}
          value={draft.go ? 'go' : 'shared'}
          onChange={(next) => change({ go: next === 'go' })}
          options={[
            { id: 'shared', label: words.shared({ name }) },
            { id: 'go', label: words.go },
          ]}
        />
      )}
      <Exceptions list={draft.except} change={(except) => change({ except })} complaint={complaint} />
      <Preview id={id} draft={draft} rev={set.rev} />
      {problem && (rest.length > 0 || at.size === 0) && <Failure error={problem} />}
      <div className="row">
        <Button look="primary" type="submit" busy={save.isPending}>
          {words.save}
        </Button>
        <Button onPress={onClose}>{t.common.cancel}</Button>
      </div>
    </form>
  )
}

interface ExceptionsProps {
  list: readonly Exception[]
  change: (list: Exception[]) => void
  complaint: (field: string) => string | undefined
}

function Exceptions({ list, change, complaint }: ExceptionsProps) {
  const known = useQuery(workflows).data?.items ?? []
  const last = useRef(list.length)
  const put = (row: number, more: Partial<Exception>) => change(list.map((one) => (one.row === row ? { ...one, ...more } : one)))
  const options = (mine: string) => {
    const left = known.filter(({ key }) => key === mine || !list.some(({ workflow }) => workflow === key)).map(({ key, name }) => ({ id: key, label: name }))
    return mine && !left.some(({ id }) => id === mine) ? [{ id: mine, label: mine }, ...left] : left
  }
  return (
    <fieldset className="stack absence-except">
      <legend className="field-label">{words.except}</legend>
      <p className="field-help">{words.exceptHelp}</p>
      {list.map((one, i) => (
        <div key={one.row} className="absence-exception">
          <Select label={words.workflow} value={one.workflow} onChange={(workflow) => put(one.row, { workflow })} options={options(one.workflow)} error={complaint(`except.${i}`)} required />
          <SeveralPeople
            label={words.exceptTo}
            help={words.exceptNobody}
            removeLabel={words.remove}
            value={one.substitutes}
            onChange={(substitutes) => put(one.row, { substitutes })}
            error={undefined}
            most={mostPeople}
          />
          <Button
            look="subtle"
            icon="bin"
            aria-label={words.removeExcept(known.find(({ key }) => key === one.workflow)?.name ?? one.workflow)}
            onPress={() => change(list.filter(({ row }) => row !== one.row))}
          >
            {words.removeShort}
          </Button>
        </div>
      ))}
      <div>
        <Button icon="plus" onPress={() => change([...list, { row: (last.current += 1), workflow: '', substitutes: [] }])}>
          {words.addExcept}
        </Button>
      </div>
    </fieldset>
  )
}

/** What it would do; nothing while what is filled in cannot be. */
function Preview({ id, draft, rev }: { id: string | undefined; draft: Draft; rev: number }) {
  const told = absenceWords.preview
  const fine = [...check(draft, new Date()).keys()].every((field) => field.startsWith('except'))
  const preview = useAbsencePreview(id, bodyOf(draft, rev), fine)
  const { data } = preview
  return (
    <div className="absence-preview" role="status">
      {data && !preview.error && fine && (
        <>
          <p className="field-label">{told.title}</p>
          {data.open === 0 ? (
            <p className="quiet">{told.none}</p>
          ) : (
            <>
              <p>{told.open(data.open, data.atLeast ?? false)}</p>
              <ul>
                {data.goes.map(({ person, tasks }) => (
                  <li key={person.id}>{told.goes(called(person), tasks, !draft.go)}</li>
                ))}
                {data.stays > 0 && <li>{told.stays(data.stays)}</li>}
              </ul>
            </>
          )}
        </>
      )}
    </div>
  )
}
