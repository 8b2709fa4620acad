import { useState } from 'react'
import { problemOf, sortFields } from '../../api/problem'
import type { Incident, InstanceDetail } from '../../api/types'
import { repairWords as words } from '../../text/repair'
import { Button } from '../../ui/button/button'
import { Dialog } from '../../ui/dialog/dialog'
import { Check, Select } from '../../ui/field/field'
import { Fields } from '../../ui/form/form'
import { draftOf } from '../../ui/form/values'
import { Failure } from '../../ui/problem/problem'
import { changed, destinations, placeNames, whereItIs } from './changed'
import { useDelete, useEnd, useHold, useMove, useRetryWith, useSetData, useSkip } from './queries'
import { ReasonDialog } from './reason'

interface Props {
  instance: InstanceDetail
  onClose: () => void
}

export function HoldDialog({ instance, onClose }: Props) {
  const act = useHold(instance.id, words.hold.done, onClose)
  return <ReasonDialog {...words.hold} onClose={onClose} busy={act.isPending} error={act.error} submit={act.mutate} />
}

export function EndDialog({ instance, onClose }: Props) {
  const act = useEnd(instance.id, words.end.done, onClose)
  return <ReasonDialog {...words.end} danger onClose={onClose} busy={act.isPending} error={act.error} submit={act.mutate} />
}

export function DeleteDialog({ instance, onClose, onGone }: Props & { onGone: () => void }) {
  const act = useDelete(instance.id, words.delete.done, onGone)
  return <ReasonDialog {...words.delete} danger onClose={onClose} busy={act.isPending} error={act.error} submit={act.mutate} />
}

/** The data of an instance as a form, of which only what is changed counts. */
function useData(instance: InstanceDetail) {
  const [before] = useState(() => draftOf(instance.variables))
  const [draft, setDraft] = useState(before)
  const [wrong, setWrong] = useState<ReadonlyMap<string, string>>(new Map())
  const names = instance.variables.map(({ name }) => name)
  /** The changes, or nothing while one of them is wrong. */
  const read = () => {
    const { values, wrong } = changed(instance.variables, before, draft)
    setWrong(wrong)
    return wrong.size === 0 ? values : undefined
  }
  const fields = (error: Error | null) => {
    const refused = error ? sortFields(problemOf(error).fields, names).at : undefined
    return <Fields fields={instance.variables} draft={draft} wrong={wrong.size > 0 ? wrong : (refused ?? wrong)} onChange={(name, value) => setDraft((now) => ({ ...now, [name]: value }))} />
  }
  return { read, fields, names }
}

export function DataDialog({ instance, onClose }: Props) {
  const data = useData(instance)
  const [nothing, setNothing] = useState(false)
  const act = useSetData(instance.id, words.data.done, onClose)
  const check = () => {
    const variables = data.read()
    const none = variables !== undefined && Object.keys(variables).length === 0
    setNothing(none)
    return variables !== undefined && !none
  }
  const submit = (reason: string) => act.mutate({ reason, variables: data.read() ?? {} })
  return (
    <ReasonDialog {...words.data} onClose={onClose} busy={act.isPending} error={act.error} known={data.names} check={check} submit={submit}>
      {data.fields(act.error)}
      <div role="status">{nothing && <p className="field-error">{words.data.nothing}</p>}</div>
    </ReasonDialog>
  )
}

export function MoveDialog({ instance, onClose }: Props) {
  const places = instance.places ?? []
  const at = whereItIs(places, instance.steps)
  const [from, setFrom] = useState(at[0]?.element ?? '')
  const [to, setTo] = useState('')
  const [all, setAll] = useState(false)
  const [missing, setMissing] = useState(false)
  const act = useMove(instance.id, words.move.done, onClose)
  const ways = destinations(places, at.find(({ element }) => element === from))
  const chosen = ways.some(({ element }) => element === to) ? to : ''
  const problem = act.error ? problemOf(act.error) : undefined
  const refused = sortFields(problem?.fields ?? [], ['to', 'from']).at
  const check = () => {
    setMissing(!chosen)
    return chosen !== ''
  }
  const submit = (reason: string) => act.mutate({ reason, from, to: chosen, all })
  const [only] = at
  return (
    <ReasonDialog {...words.move} onClose={onClose} busy={act.isPending} error={act.error} known={['to', 'from']} check={check} submit={submit}>
      {at.length > 1 && <Select label={words.move.from} value={from} onChange={setFrom} options={placeNames(at)} error={refused.get('from')} />}
      {at.length === 1 && only && <p className="quiet">{words.move.fromOnly(placeNames([only])[0]?.label ?? only.element)}</p>}
      {ways.length > 0 ? (
        <Select label={words.move.to} value={chosen} onChange={setTo} options={placeNames(ways)} required error={missing && !chosen ? words.move.toMissing : refused.get('to')} />
      ) : (
        <p className="field-error">{words.move.nowhere}</p>
      )}
      {at.length > 1 && <Check label={words.move.all} value={all} onChange={setAll} />}
    </ReasonDialog>
  )
}

type OfIncident = Props & { incident: Incident }

export function RetryDialog({ instance, incident, onClose }: OfIncident) {
  const data = useData(instance)
  const act = useRetryWith(instance.id, incident.serial, words.retry.done, onClose)
  const problem = act.error ? problemOf(act.error) : undefined
  const { at, rest } = sortFields(problem?.fields ?? [], data.names)
  const submit = () => {
    const variables = data.read()
    if (variables) act.mutate(variables)
  }
  return (
    <Dialog
      title={words.retry.title(incident.name || incident.step)}
      open
      onClose={onClose}
      actions={
        <Button look="primary" icon="retry" onPress={submit} busy={act.isPending}>
          {words.retry.button}
        </Button>
      }
    >
      <p>{words.retry.lead}</p>
      {problem && (rest.length > 0 || at.size === 0) && <Failure error={problem} />}
      {data.fields(act.error)}
    </Dialog>
  )
}

export function SkipDialog({ instance, incident, onClose }: OfIncident) {
  const data = useData(instance)
  const outcomes = instance.places?.find(({ element }) => element === incident.step)?.outcomes ?? []
  const [outcome, setOutcome] = useState('')
  const [missing, setMissing] = useState(false)
  const act = useSkip(instance.id, incident.serial, words.skip.done, onClose)
  const refused = sortFields(act.error ? problemOf(act.error).fields : [], ['outcome']).at
  const check = () => {
    const lacks = outcomes.length > 0 && !outcome
    setMissing(lacks)
    return data.read() !== undefined && !lacks
  }
  const submit = (reason: string) => {
    const variables = data.read() ?? {}
    act.mutate({ reason, ...(outcome ? { outcome } : {}), ...(Object.keys(variables).length > 0 ? { variables } : {}) })
  }
  return (
    <ReasonDialog {...words.skip} title={words.skip.title(incident.name || incident.step)} onClose={onClose} busy={act.isPending} error={act.error} known={['outcome', ...data.names]} check={check} submit={submit}>
      {outcomes.length > 0 && (
        <Select
          label={words.skip.outcome}
          value={outcome}
          onChange={setOutcome}
          options={outcomes.map((id) => ({ id, label: id }))}
          required
          error={missing && !outcome ? words.skip.outcomeMissing : refused.get('outcome')}
        />
      )}
      {instance.variables.length > 0 && (
        <details className="repair-data">
          <summary>{words.skip.data}</summary>
          {data.fields(act.error)}
        </details>
      )}
    </ReasonDialog>
  )
}
