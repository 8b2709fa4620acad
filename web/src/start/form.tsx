import { useMemo, useRef, useState } from 'react'
import { Form } from 'react-aria-components'
import { useParams } from 'react-router'
import type { WorkflowDetail } from '../api/types'
import { onceKey } from '../api/client'
import { problemOf, sentence, sortFields } from '../api/problem'
import { t } from '../text/en'
import { Button, LinkButton } from '../ui/button/button'
import { Select, TextField } from '../ui/field/field'
import { Fields, FormSummary } from '../ui/form/form'
import { draftOf, readDraft } from '../ui/form/values'
import { Message } from '../ui/message/message'
import { Page } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useStart, useWorkflow } from './queries'

const back = { to: '/start', label: t.start.title }

export function StartFormPage() {
  const { key = '' } = useParams()
  const workflow = useWorkflow(key)
  return (
    <Page title={workflow.data?.name ?? t.start.title} back={back} lead={workflow.data?.description} width="reading">
      {workflow.error && <Failure error={workflow.error} retry={() => void workflow.refetch()} action={<LinkButton to="/start">{t.common.back}</LinkButton>} />}
      {workflow.isPending && <Skeleton />}
      {workflow.data && !workflow.error && <StartForm key={key} workflow={workflow.data} />}
    </Page>
  )
}

const noComplaints: ReadonlyMap<string, string> = new Map()

function StartForm({ workflow }: { workflow: WorkflowDetail }) {
  const fields = useMemo(() => workflow.variables.filter((variable) => variable.input), [workflow])
  const [draft, setDraft] = useState(() => draftOf(fields))
  const [folio, setFolio] = useState('')
  const [priority, setPriority] = useState('1')
  const [wrong, setWrong] = useState(noComplaints)
  const sending = useRef<{ what: string; once: string }>(undefined)
  const start = useStart(workflow.key)

  const submit = () => {
    if (start.isPending) return
    const { values, wrong } = readDraft(fields, draft)
    setWrong(wrong)
    if (wrong.size > 0) return
    // Pressing again after a lost answer must not start a second one.
    const what = JSON.stringify([values, folio, priority])
    if (sending.current?.what !== what) sending.current = { what, once: onceKey() }
    start.mutate({ variables: values, folio, priority, once: sending.current.once })
  }
  const refused = start.error ? problemOf(start.error) : undefined
  const sorted = sortFields(refused?.fields ?? [], [...fields.map((field) => field.name), 'folio', 'priority'])
  const complaints = wrong.size > 0 ? wrong : sorted.at
  const rest = sorted.rest.map((one) => sentence(one.detail, one.advice))
  if (!workflow.canStart) return <Message tone="warn">{t.start.notAllowed}</Message>
  return (
    <Form className="section" onSubmit={(event) => (event.preventDefault(), submit())} validationBehavior="aria">
      {complaints.size > 0 && <FormSummary wrong={complaints} title={t.start.fix(complaints.size + rest.length)} rest={rest} />}
      {refused && complaints.size === 0 && <Failure error={refused} />}
      {fields.length > 0 ? (
        <Fields fields={fields} draft={draft} wrong={complaints} onChange={(name, value) => setDraft({ ...draft, [name]: value })} />
      ) : (
        <p className="quiet">{t.start.noInput}</p>
      )}
      <details className="start-more">
        <summary>{t.start.moreOptions}</summary>
        <div className="stack">
          <TextField label={`${t.start.folio} (${t.common.optional})`} value={folio} onChange={setFolio} help={t.start.folioHelp} error={complaints.get('folio')} autoComplete="off" />
          <Select label={t.start.priority} value={priority} onChange={setPriority} options={['0', '1', '2'].map((id) => ({ id, label: t.task.priority[Number(id)] ?? id }))} />
        </div>
      </details>
      <div className="row">
        <Button look="primary" type="submit" busy={start.isPending}>
          {start.isPending ? t.start.busy : t.start.button}
        </Button>
        <LinkButton to="/start">{t.common.cancel}</LinkButton>
      </div>
    </Form>
  )
}
