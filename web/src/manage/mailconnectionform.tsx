import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { problemOf, sortFields } from '../api/problem'
import type { MailConnection } from '../api/types'
import { mailConnectionWords } from '../text/mailconnections'
import { LinkButton } from '../ui/button/button'
import { Check, Select, TextArea, TextField } from '../ui/field/field'
import { Section, useTitle } from '../ui/page/page'
import { useSay } from '../ui/toast/toast'
import { EntryForm } from './entries'
import { useSaveConnection } from './mailconnectionsqueries'
import { aNewOne, draftOf, freshOf, makesResource, nameFor, settingsOf, type Draft, serverFor } from './mailconnectionswords'
import { oauthResources } from './oauthqueries'

const words = mailConnectionWords
const { form } = words
const back = '/manage/mail?view=connections'
const fields = ['from', 'mailbox', 'server', 'resource', 'tenant', 'clientId', 'audience', 'user', 'password', 'impersonate', 'smtp.address', 'smtp.tls', 'imap.address', 'imap.tls', 'workflows', 'authserv', 'protocol']

/** A mailbox to connect, or one that is. */
export function MailConnectionForm({ was, all, etag }: { was: MailConnection | undefined; all: readonly MailConnection[]; etag: string | undefined }) {
  const title = was ? form.changeTitle(was.from) : form.addTitle
  useTitle(title)
  const navigate = useNavigate()
  const say = useSay()
  const [draft, setDraft] = useState<Draft>(() => (was ? draftOf(was) : freshOf(all.every((one) => one.inFile))))
  const change = (more: Partial<Draft>) => setDraft((now) => ({ ...now, ...more }))
  const save = useSaveConnection(() => {
    say(form.saved(draft.from))
    void navigate(back)
  })
  const submit = () => {
    const name = was?.name ?? nameFor(draft.from, all.map((one) => one.name))
    const made = makesResource(draft)
    const resource = made ? name : draft.resource
    save.mutate({ name, etag, body: settingsOf(draft, was, resource), ...(made ? { resource: { name, tenant: draft.tenant.trim(), clientId: draft.clientId.trim() } } : {}) })
  }
  const problem = save.error ? problemOf(save.error) : undefined
  const { at, rest } = sortFields(problem?.fields ?? [], fields)
  const parts: PartProps = { draft, change, was, error: (field) => at.get(field) }
  const pick = (protocol: string) => change({ protocol: protocol as Draft['protocol'], server: serverFor(protocol, draft.server), signsIn: protocol === 'graph' ? 'app' : 'password' })
  return (
    <EntryForm back={back} backTo={words.back} save={submit} saving={save.isPending} button={was ? form.save : form.create} problem={problem} rest={rest}>
      <Section title={title}>
        <Select label={form.way} help={form.wayHelp[draft.protocol]} value={draft.protocol} onChange={pick} options={Object.entries(words.ways).map(([id, label]) => ({ id, label }))} error={at.get('protocol')} />
        <TextField label={form.from} help={form.fromHelp} value={draft.from} onChange={(from) => change({ from })} error={at.get('from')} required autoComplete="off" />
        {draft.protocol === 'smtp' ? <Servers {...parts} /> : <TextField label={form.server} help={draft.protocol === 'ews' ? form.serverHelp : undefined} value={draft.server} onChange={(server) => change({ server })} error={at.get('server')} autoComplete="off" />}
      </Section>
      <SignIn {...parts} />
      <Rest {...parts} />
    </EntryForm>
  )
}

interface PartProps {
  draft: Draft
  change: (more: Partial<Draft>) => void
  was: MailConnection | undefined
  error: (field: string) => string | undefined
}

function Servers({ draft, change, error }: PartProps) {
  const ways = Object.entries(form.tlsWays).map(([id, label]) => ({ id, label }))
  return (
    <>
      <TextField label={form.smtp} help={form.smtpHelp} value={draft.smtp} onChange={(smtp) => change({ smtp })} error={error('smtp.address')} required autoComplete="off" />
      <Select label={`${form.tls}: SMTP`} value={draft.smtpTLS} onChange={(smtpTLS) => change({ smtpTLS })} options={ways} error={error('smtp.tls')} />
      <TextField label={form.imap} help={form.imapHelp} value={draft.imap} onChange={(imap) => change({ imap })} error={error('imap.address')} autoComplete="off" />
      {draft.imap && <Select label={`${form.tls}: IMAP`} value={draft.imapTLS} onChange={(imapTLS) => change({ imapTLS })} options={ways} error={error('imap.tls')} />}
    </>
  )
}

function SignIn({ draft, change, was, error }: PartProps) {
  const ways = Object.entries(form.signsInWays).filter(([id]) => draft.protocol !== 'graph' || id !== 'password')
  const help = { app: form.appHelp, service: form.serviceHelp, password: undefined }[draft.signsIn]
  const pick = (signsIn: string) => change({ signsIn: signsIn as Draft['signsIn'] })
  return (
    <Section title={form.signsIn}>
      <Select label={form.signsIn} unseenLabel help={help} value={draft.signsIn} onChange={pick} options={ways.map(([id, label]) => ({ id, label }))} />
      {draft.signsIn !== 'password' && <Resource draft={draft} change={change} was={was} error={error} />}
      {(draft.signsIn === 'password' || draft.protocol === 'smtp') && <TextField label={form.user} value={draft.user} onChange={(user) => change({ user })} error={error('user')} autoComplete="off" />}
      {draft.signsIn === 'password' && <TextField label={form.password} help={was?.hasPassword ? form.kept : undefined} value={draft.password} onChange={(password) => change({ password })} error={error('password')} type="password" autoComplete="new-password" />}
      {draft.protocol === 'ews' && draft.signsIn !== 'app' && <Check label={form.impersonate} value={draft.impersonate} onChange={(impersonate) => change({ impersonate })} error={error('impersonate')} />}
    </Section>
  )
}

function Resource({ draft, change, error }: PartProps) {
  const all = useQuery(oauthResources)
  const options = [...(all.data?.items ?? []).map((one) => ({ id: one.name, label: one.title || one.name })), { id: 'new', label: form.newResource }]
  const made = draft.resource === aNewOne
  return (
    <>
      <Select label={form.resource} help={form.resourceHelp} value={made ? 'new' : draft.resource} onChange={(id) => change({ resource: id === 'new' ? aNewOne : id })} options={options} error={error('resource')} />
      {made ? (
        <>
          <TextField label={form.tenant} help={form.tenantHelp} value={draft.tenant} onChange={(tenant) => change({ tenant })} error={error('tenant')} required autoComplete="off" />
          <TextField label={form.client} help={form.clientHelp} value={draft.clientId} onChange={(clientId) => change({ clientId })} error={error('clientId')} required autoComplete="off" />
          <p className="quiet">{form.afterResource}</p>
        </>
      ) : (
        <div>
          <LinkButton to={`/manage/oauth/${draft.resource}`}>{form.openResource}</LinkButton>
        </div>
      )}
      <TextField label={form.audience} value={draft.audience} onChange={(audience) => change({ audience })} error={error('audience')} autoComplete="off" />
    </>
  )
}

function Rest({ draft, change, error }: PartProps) {
  return (
    <Section title={form.more}>
      <Check label={form.usual} value={draft.usual} onChange={(usual) => change({ usual })} />
      <Check label={form.reads} value={draft.reads} onChange={(reads) => change({ reads })} />
      <TextField label={form.mailbox} value={draft.mailbox} onChange={(mailbox) => change({ mailbox })} error={error('mailbox')} autoComplete="off" />
      {draft.reads && <TextField label={form.authserv} help={form.authservHelp} value={draft.authserv} onChange={(authserv) => change({ authserv })} error={error('authserv')} autoComplete="off" />}
      {!draft.usual && <TextArea label={form.workflows} help={form.workflowsHelp} value={draft.workflows} onChange={(workflows) => change({ workflows })} error={error('workflows')} rows={3} />}
      <Check label={form.off} value={draft.off} onChange={(off) => change({ off })} />
    </Section>
  )
}
