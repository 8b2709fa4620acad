import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import { useNavigate } from 'react-router'
import { problemOf, sortFields } from '../api/problem'
import type { Service, ServiceType, ServiceTypeKey } from '../api/types'
import { servicesWords } from '../text/services'
import { Button } from '../ui/button/button'
import { Check, Select, TextArea, TextField } from '../ui/field/field'
import { Empty } from '../ui/empty/empty'
import { Section, useTitle } from '../ui/page/page'
import { useSay } from '../ui/toast/toast'
import { EntryForm } from './entries'
import { serverFor } from './mailconnectionswords'
import { resources, useCreateService, useSaveService, useTestService } from './servicesqueries'
import { Tested, Testing } from './servicestest'
import { byToken, draftOf, elsewhere, freshOf, keysApart, nameOf, settingsOf, type Draft } from './serviceswords'
import './services.css'

const words = servicesWords
const { form } = words

/** A new service: its kind first, then only what that kind needs. */
export function NewServiceForm({ types }: { types: readonly ServiceType[] }) {
  useTitle(form.addTitle)
  const navigate = useNavigate()
  const say = useSay()
  const [draft, setDraft] = useState<Draft | undefined>(types[0] && freshOf(types[0]))
  const create = useCreateService((name) => {
    say(form.saved(draft?.title ?? ''))
    void navigate(`/manage/services/${name}`)
  })
  const type = types.find((one) => one.name === draft?.type)
  if (!draft || !type) return <Empty icon="flow">{form.noTypes}</Empty>
  const pick = (name: string) => {
    const next = types.find((one) => one.name === name)
    if (next) setDraft({ ...freshOf(next), title: draft.title, name: draft.name, named: draft.named })
  }
  const save = () => create.mutate({ name: draft.name, type: draft.type, ...settingsOf(draft) })
  const kinds = <Select label={form.type} help={type.text} value={draft.type} onChange={pick} options={types.map((one) => ({ id: one.name, label: one.title }))} />
  return <Form title={form.addTitle} back="/manage/services" backTo={words.back} draft={draft} setDraft={setDraft} type={type} kinds={kinds} save={save} saving={create.isPending} error={create.error} button={form.create} />
}

/** The settings of a service that is there. */
export function ServiceForm({ was, type, etag }: { was: Service; type: ServiceType; etag: string | undefined }) {
  const title = form.changeTitle(was.title)
  useTitle(title)
  const navigate = useNavigate()
  const say = useSay()
  const [draft, setDraft] = useState(draftOf(was, type))
  const back = `/manage/services/${was.name}`
  const saving = useSaveService(was.name, () => {
    say(form.saved(draft.title))
    void navigate(back)
  })
  const save = () => saving.mutate({ body: settingsOf(draft), etag })
  return <Form title={title} back={back} backTo={words.backTo(was.title)} draft={draft} setDraft={setDraft} type={type} was={was} save={save} saving={saving.isPending} error={saving.error} button={form.save} />
}

interface FormProps {
  title: string
  back: string
  backTo: string
  draft: Draft
  setDraft: (draft: Draft) => void
  type: ServiceType
  was?: Service
  kinds?: React.ReactNode
  save: () => void
  saving: boolean
  error: Error | null
  button: string
}

function Form({ title, back, backTo, draft, setDraft, type, was, kinds, save, saving, error, button }: FormProps) {
  const test = useTestService()
  const change = (more: Partial<Draft>) => setDraft({ ...draft, ...more })
  const failed = error ?? test.error
  const problem = failed ? problemOf(failed) : undefined
  const known = ['name', 'title', 'type', 'mode', 'resource', 'audience', 'user', 'password', ...type.keys.flatMap((key) => [`keys.${key.name}`, `secrets.${key.name}`])]
  const { at, rest } = sortFields((problem?.fields ?? []).map((one) => ({ ...one, field: one.field.replace(/^body\.service\./, 'body.') })), known)
  const parts: PartProps = { draft, change, type, error: (field) => at.get(field), was, lost: was !== undefined && elsewhere(was, draft, type) }
  return (
    <EntryForm
      back={back}
      backTo={backTo}
      save={() => {
        test.reset()
        save()
      }}
      saving={saving}
      button={button}
      problem={problem}
      rest={rest}
      more={
        <Button busy={test.isPending} onPress={() => test.mutate({ name: draft.name || 'new', type: draft.type, settings: settingsOf(draft) })}>
          {form.test}
        </Button>
      }
      below={
        <>
          <Testing on={test.isPending} />
          {test.data && !test.isPending && <Tested result={test.data} again={() => test.mutate({ name: draft.name || 'new', type: draft.type, settings: settingsOf(draft) })} />}
        </>
      }
    >
      <Section title={title}>
        {kinds}
        <TextField label={form.title} help={form.titleHelp} value={draft.title} onChange={(title) => change({ title, ...(draft.named ? {} : { name: nameOf(title) }) })} error={at.get('title')} required autoComplete="off" />
        {!was && <TextField label={form.name} help={form.nameHelp} value={draft.name} onChange={(name) => change({ name, named: name !== '' })} error={at.get('name')} required autoComplete="off" />}
      </Section>
      <AccessPart {...parts} />
      <KeysPart {...parts} />
    </EntryForm>
  )
}

interface PartProps {
  draft: Draft
  change: (more: Partial<Draft>) => void
  type: ServiceType
  was: Service | undefined
  /** Secrets that are kept have to be typed again. */
  lost: boolean
  error: (field: string) => string | undefined
}

function AccessPart({ draft, change, type, was, lost, error }: PartProps) {
  const mode = words.modes[draft.mode]
  const options = type.modes.map((id) => ({ id, label: words.modes[id]?.label ?? id }))
  const keptPassword = was?.hasPassword === true
  if (type.modes.length === 1 && draft.mode === 'none') return null
  return (
    <Section title={form.access}>
      <Select label={form.mode} help={mode?.text} value={draft.mode} onChange={(mode) => change({ mode })} options={options} error={error('mode')} />
      {byToken(draft.mode) && <Resource draft={draft} change={change} error={error} />}
      {draft.mode === 'static' && (
        <>
          <TextField label={form.user} value={draft.user} onChange={(user) => change({ user })} error={error('user')} required autoComplete="off" />
          <TextField label={form.password} help={keptPassword ? (lost ? form.again : form.kept) : undefined} value={draft.password} onChange={(password) => change({ password })} error={error('password')} required={!keptPassword || lost} type="password" autoComplete="new-password" />
        </>
      )}
    </Section>
  )
}

function Resource({ draft, change, error }: Pick<PartProps, 'draft' | 'change' | 'error'>) {
  const all = useQuery(resources)
  const options = (all.data?.items ?? []).map((one) => ({ id: one.name, label: one.name }))
  if (draft.resource && !options.some((one) => one.id === draft.resource)) options.push({ id: draft.resource, label: draft.resource })
  return (
    <>
      {options.length > 0 ? (
        <Select label={form.resource} help={form.resourceHelp} value={draft.resource} onChange={(resource) => change({ resource })} options={options} error={error('resource')} required />
      ) : (
        <TextField label={form.resource} help={all.data ? form.noResources : form.resourceHelp} value={draft.resource} onChange={(resource) => change({ resource })} error={error('resource')} required autoComplete="off" />
      )}
      <TextField label={form.audience} help={form.audienceHelp} value={draft.audience} onChange={(audience) => change({ audience })} error={error('audience')} autoComplete="off" />
    </>
  )
}

function KeysPart(parts: PartProps) {
  const { first, more } = keysApart(parts.type.keys)
  const draftValue = (key: ServiceTypeKey) => parts.was?.keys?.[key.name] ?? key.default ?? ''
  if (parts.type.keys.length === 0) return null
  return (
    <Section title={form.settings}>
      {first.map((key) => (
        <Key key={key.name} of={key} {...parts} />
      ))}
      {more.length > 0 && (
        <details className="other" open={more.some((key) => parts.error(`keys.${key.name}`) ?? (draftValue(key) !== (key.default ?? '')))}>
          <summary>{form.more(more.length)}</summary>
          <div className="stack">
            {more.map((key) => (
              <Key key={key.name} of={key} {...parts} />
            ))}
          </div>
        </details>
      )}
    </Section>
  )
}

function Key({ of, draft, change, was, lost, error }: PartProps & { of: ServiceTypeKey }) {
  const value = draft.keys[of.name] ?? ''
  const set = (text: string) => change({ keys: { ...draft.keys, [of.name]: text, ...(of.name === 'protocol' && draft.keys.server ? { server: serverFor(text, draft.keys.server) } : {}) } })
  const field = { label: of.title, help: of.text || undefined, value, onChange: set, error: error(`keys.${of.name}`), required: of.required === true }
  switch (of.kind) {
    case 'secret': {
      const kept = was?.kept?.includes(of.name) === true
      const help = [kept && (lost ? form.again : form.kept), of.text].filter(Boolean).join(' ')
      return <TextField label={of.title} help={help || undefined} value={draft.secrets[of.name] ?? ''} onChange={(text) => change({ secrets: { ...draft.secrets, [of.name]: text } })} error={error(`secrets.${of.name}`)} required={of.required === true && (!kept || lost)} type="password" autoComplete="new-password" />
    }
    case 'choice': {
      const options = (of.choices ?? []).map((id) => ({ id, label: id }))
      return <Select {...field} options={of.required ? options : [{ id: '', label: form.none }, ...options]} />
    }
    case 'bool':
      return (
        <div className="service-check">
          <Check label={of.title} value={value === 'true'} onChange={(on) => set(String(on))} error={field.error} />
          {of.text && <p className="quiet small">{of.text}</p>}
        </div>
      )
    case 'document':
      return <DocumentKey {...field} />
    case 'number':
      return <TextField {...field} inputMode="decimal" autoComplete="off" />
    default:
      return <TextField {...field} autoComplete="off" />
  }
}

function DocumentKey(field: React.ComponentProps<typeof TextArea>) {
  const read = async (file: File | undefined) => file && field.onChange(await file.text())
  return (
    <div className="stack service-document">
      <TextArea {...field} rows={6} mono />
      <FileTrigger onSelect={(files) => void read(files?.[0])}>
        <Button>{form.file}</Button>
      </FileTrigger>
    </div>
  )
}
