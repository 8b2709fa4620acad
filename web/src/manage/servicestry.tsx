import { useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import { problemOf, sortFields } from '../api/problem'
import type { CallService, ServiceInput, ServiceMethod, ServiceObject, ServiceResult } from '../api/types'
import { ConnectButton } from '../connect/connect'
import { servicesWords } from '../text/services'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { Select, TextArea, TextField } from '../ui/field/field'
import { Lines } from '../ui/lines/lines'
import { Message } from '../ui/message/message'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { useCallService } from './servicesqueries'
import { columnsOf, inputOf, isFile, shown, type FileValue, type Typed } from './serviceswords'
import './services.css'

const words = servicesWords.call

interface Props {
  service: string
  object: ServiceObject
  method: ServiceMethod
  /** What whoever calls has to connect their account to. */
  connect?: { resource: string; audience?: string | undefined } | undefined
}

const pageRows = 50

/** A form for one method, and what calling it gave. */
export function TryMethod({ service, object, method, connect }: Props) {
  const title = servicesWords.offers.tryTitle(method.name, object.title || object.name)
  useTitle(title)
  const [typed, setTyped] = useState<Record<string, Typed>>({})
  const [wrong, setWrong] = useState<string>()
  const call = useCallService(service, object.name, method.name)
  const problem = call.error ? problemOf(call.error) : undefined
  const { at, rest } = sortFields((problem?.fields ?? []).map((one) => ({ ...one, field: one.field.replace(/^body\.inputs\./, '') })), method.inputs.map((one) => one.name))
  const list = method.kind === 'list'
  const send = (more: Partial<CallService>) => {
    const inputs: Record<string, unknown> = {}
    for (const input of method.inputs) {
      try {
        const value = inputOf(input, typed[input.name])
        if (value !== undefined) inputs[input.name] = value
      } catch {
        setWrong(input.name)
        return
      }
    }
    setWrong(undefined)
    call.mutate({ inputs, ...(list ? { top: pageRows } : {}), ...more })
  }
  return (
    <>
      <form
        className="stack entry-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!call.isPending) send({})
        }}
      >
        <Section title={title}>
          {method.title && method.title !== method.name && <p>{method.title}</p>}
          {method.text && <p>{method.text}</p>}
          <Message tone={list || method.kind === 'read' ? 'info' : 'warn'}>{list || method.kind === 'read' ? words.lead : words.leadChanges}</Message>
          {method.inputs.length === 0 && <p className="quiet">{words.noInputs}</p>}
          {method.inputs.map((input) => (
            <InputField
              key={input.name}
              of={input}
              value={typed[input.name]}
              onChange={(value) => setTyped((now) => ({ ...now, [input.name]: value }))}
              error={wrong === input.name ? words.json : at.get(input.name)}
            />
          ))}
        </Section>
        {problem && (rest.length > 0 || problem.fields.length === 0) && <Failure error={problem} />}
        {problem?.code === 'not-connected' && connect && (
          <ConnectButton resource={connect.resource} title={connect.resource} body={{ for: 'me', ...(connect.audience ? { audience: connect.audience } : {}) }} />
        )}
        <div className="row">
          <Button look="primary" type="submit" busy={call.isPending}>
            {words.button(method.name)}
          </Button>
        </div>
      </form>
      <div role="status">
        <span className="unseen">{call.isPending ? words.calling : call.data ? words.result : ''}</span>
      </div>
      {call.data && !call.isPending && <Result of={call.data.result} took={call.data.took} method={method} next={(after) => send({ after })} />}
    </>
  )
}

interface InputProps {
  of: ServiceInput
  value: Typed | undefined
  onChange: (value: Typed) => void
  error: string | undefined
}

function InputField({ of, value, onChange, error }: InputProps) {
  const text = typeof value === 'string' ? value : ''
  const form = of.list ? words.line : of.type === 'json' ? words.asJson : ''
  const help = [of.text, form].filter(Boolean).join(' ') || undefined
  const field = { label: of.title || of.name, help, value: text, onChange, error, required: of.required === true }
  if (of.list && of.type !== 'file') return <Lines label={field.label} help={help ?? ''} values={Array.isArray(value) ? value : []} onChange={onChange} error={error} />
  switch (of.type) {
    case 'yesno':
      return (
        <Select
          {...field}
          options={[
            { id: 'yes', label: words.yes },
            { id: 'no', label: words.no },
          ]}
        />
      )
    case 'moment':
      return <TextField {...field} type="datetime-local" />
    case 'date':
      return <TextField {...field} type="date" />
    case 'number':
      return <TextField {...field} inputMode="decimal" autoComplete="off" />
    case 'json':
      return <TextArea {...field} rows={4} mono />
    case 'file':
      return <FileField label={field.label} chosen={isFile(value) ? value.name : ''} error={error} onChange={onChange} />
    default:
      return /body|text|html|comment|query/i.test(of.name) ? <TextArea {...field} rows={3} /> : <TextField {...field} autoComplete="off" />
  }
}

function FileField({ label, chosen, error, onChange }: { label: string; chosen: string; error: string | undefined; onChange: (value: Typed) => void }) {
  const read = async (file: File | undefined) => {
    if (!file) return onChange('')
    const bytes = new Uint8Array(await file.arrayBuffer())
    let text = ''
    for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
    onChange({ name: file.name, type: file.type || 'application/octet-stream', content: btoa(text) })
  }
  return (
    <div className="service-file" role="group" aria-label={label}>
      <span className="field-label">{label}</span>
      <div className="row">
        <FileTrigger onSelect={(files) => void read(files?.[0])}>
          <Button>{servicesWords.form.file}</Button>
        </FileTrigger>
        {chosen && <span className="quiet">{chosen}</span>}
      </div>
      {error && <span className="field-error">{error}</span>}
    </div>
  )
}

function Result({ of, took, method, next }: { of: ServiceResult; took: number; method: ServiceMethod; next: (after: string) => void }) {
  const rows = of.rows ?? []
  return (
    <Section title={words.result} plain actions={<Badge>{words.took(took)}</Badge>}>
      {of.row && <Fields row={of.row} method={method} />}
      {rows.length > 0 && <Rows rows={rows} method={method} />}
      {method.kind === 'list' ? (
        <p className="quiet">{rows.length === 0 ? words.noRows : words.rows(rows.length, Boolean(of.next))}</p>
      ) : (
        !of.row && <p className="quiet">{words.nothing}</p>
      )}
      {of.next && (
        <div>
          <Button onPress={() => next(of.next ?? '')}>{words.next}</Button>
        </div>
      )}
    </Section>
  )
}

function Fields({ row, method }: { row: Record<string, unknown>; method: ServiceMethod }) {
  return (
    <dl className="entry entry-facts">
      {columnsOf(method.outputs, [row]).map((name) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Value of={row[name]} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Rows({ rows, method }: { rows: readonly Record<string, unknown>[]; method: ServiceMethod }) {
  const columns = columnsOf(method.outputs, rows)
  return (
    <div className="service-rows" role="region" aria-label={words.table} tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={place}>
              {columns.map((name) => (
                <td key={name} data-label={name}>
                  <Value of={row[name]} short />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Value({ of, short = false }: { of: unknown; short?: boolean }) {
  const value = shown(of, words)
  if (isFile(value)) return <SaveFile of={value} />
  return <span className={short ? 'service-short' : 'service-value'}>{value}</span>
}

function SaveFile({ of }: { of: FileValue }) {
  const save = () => {
    const bytes = Uint8Array.from(atob(of.content), (c) => c.charCodeAt(0))
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }))
    link.download = of.name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 0)
  }
  return (
    <Button look="subtle" onPress={save}>
      {words.download(of.name)}
    </Button>
  )
}
