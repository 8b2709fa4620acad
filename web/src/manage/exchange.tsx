import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { problemOf, sortFields } from '../api/problem'
import { Fares } from '../connect/connect'
import { useProviderWindow } from '../connect/window'
import { useMe } from '../shell/session'
import { exchangeWords } from '../text/exchange'
import { Button, LinkButton } from '../ui/button/button'
import { CopyField } from '../ui/copy/copy'
import { Select, TextField } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { beginOnline, checked, places, useFinish } from './exchangequeries'
import { aNew, broughtBack, consentOf, freshOf, keptOf, missingOf, thereOf, type Connected, type Draft } from './exchangewords'
import { mailConnections, useTryConnection } from './mailconnectionsqueries'
import { oauthResources } from './oauthqueries'
import { services } from './servicesqueries'
import { Tested, Testing } from './servicestest'
import { Steps } from './steps'
import './manage.css'
import './entries.css'
import './services.css'

const words = exchangeWords
const keptAs = 'signoff.exchange' // in the session, without secrets

/** Exchange in one go: registration, sign-in, the server's mail, and the service. */
export function ExchangePage() {
  useTitle(words.title)
  const [connected, setConnected] = useState<Connected | 'another'>()
  const mail = useQuery(mailConnections)
  const called = useQuery(services)
  const error = mail.error ?? called.error
  if (error) return <Failure error={error} retry={() => void Promise.all([mail.refetch(), called.refetch()])} />
  if (!mail.data || !called.data) return <Skeleton rows={4} tall />
  const done = connected ?? thereOf(mail.data.body.items, called.data.items)
  if (done && done !== 'another') return <Done of={done} fresh={connected !== undefined} again={() => setConnected('another')} />
  return <Connect onDone={setConnected} />
}

function Connect({ onDone }: { onDone: (made: Connected) => void }) {
  const sandbox = useMe().sandbox
  const at = useQuery({ ...places, enabled: sandbox }).data
  const [draft, setDraft] = useState<Draft>(() => broughtBack(sessionStorage.getItem(keptAs), freshOf(sandbox)))
  useEffect(() => sessionStorage.setItem(keptAs, keptOf(draft)), [draft])
  const [asked, setAsked] = useState(0)
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (asked > 0) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [asked])
  const change = (more: Partial<Draft>) => setDraft((now) => ({ ...now, ...more }))
  const finish = useFinish()
  const begun = useRef({ draft, resource: aNew }) // what the window was opened for
  const done = (made: Connected) => {
    sessionStorage.removeItem(keptAs)
    onDone(made)
  }
  const makeRest = () => finish.mutate({ ...begun.current, at }, { onSuccess: done })
  const provider = useProviderWindow(makeRest)
  const missing = missingOf(draft)
  const busy = provider.beginning || finish.isPending // while a window waits, what was typed can be corrected
  const submit = () => {
    if (busy) return
    setAsked((times) => times + 1)
    if (missing.length > 0) return
    begun.current = { draft, resource: draft.resource }
    if (draft.way === 'server') return makeRest()
    provider.begin(async () => {
      const { resource, connect } = await beginOnline(draft, at, (made) => change({ made }))
      begun.current = { draft, resource }
      return connect
    })
  }
  const failed = finish.error ?? provider.error
  const { at: wrong, rest } = sortFields(failed ? problemOf(failed).fields : [], ['tenant', 'clientId', 'secret', 'secretExpires', 'authority', 'from', 'server', 'user', 'password', 'keys.server'])
  const labels: Partial<Record<keyof Draft, string>> = { mailbox: words.mailbox, tenant: words.tenant, clientId: words.client, secret: words.secret, server: words.server, user: words.user, password: words.password, authority: words.authority, online: words.online }
  const error = (field: keyof Draft, ...names: string[]) => (asked > 0 && missing.includes(field) ? words.needed(labels[field] ?? '') : [field, ...names].map((name) => wrong.get(name)).find(Boolean))
  const parts: PartProps = { draft, change, error }
  return (
    <form
      ref={form}
      className="stack entry-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Section title={words.addTitle}>
        <p className="quiet">{words.lead}</p>
        <Select label={words.way} help={words.wayHelp[draft.way]} value={draft.way} onChange={(way) => change({ way: way as Draft['way'], resource: aNew })} options={Object.entries(words.ways).map(([id, label]) => ({ id, label }))} />
        <TextField label={words.mailbox} help={words.mailboxHelp} value={draft.mailbox} onChange={(mailbox) => change({ mailbox })} error={error('mailbox', 'from')} required autoComplete="off" inputMode="email" />
        {draft.way === 'server' ? <OwnServer {...parts} /> : <Online {...parts} sandbox={sandbox} />}
      </Section>
      {draft.way !== 'server' && <Register draft={draft} way={draft.way} sandbox={sandbox} />}
      {finish.error && (rest.length > 0 || wrong.size === 0) && <Failure error={finish.error} />}
      <div className="row">
        <Button look="primary" type="submit" busy={busy}>
          {words.connect}
        </Button>
        {draft.way !== 'server' && <span className="quiet">{words.connectHelp}</span>}
      </div>
      {provider.status !== 'done' && <Fares of={provider} title={words.ways[draft.way] ?? ''} doctor />}
      <div role="status">{finish.isPending && <p className="quiet">{words.finishing}</p>}</div>
    </form>
  )
}

interface PartProps {
  draft: Draft
  change: (more: Partial<Draft>) => void
  error: (field: keyof Draft, ...names: string[]) => string | undefined
}

function OwnServer({ draft, change, error }: PartProps) {
  return (
    <>
      <TextField label={words.server} help={words.serverHelp} value={draft.server} onChange={(server) => change({ server })} error={error('server', 'keys.server')} required autoComplete="off" />
      <TextField label={words.user} help={words.userHelp} value={draft.user} onChange={(user) => change({ user })} error={error('user')} required autoComplete="off" />
      <TextField label={words.password} value={draft.password} onChange={(password) => change({ password })} error={error('password')} required type="password" autoComplete="new-password" />
    </>
  )
}

function Online({ draft, change, error, sandbox }: PartProps & { sandbox: boolean }) {
  const known = (useQuery(oauthResources).data?.items ?? []).filter((one) => one.type.startsWith('entra') && one.people && one.name !== draft.made)
  const clouds = Object.entries(words.clouds).filter(([id]) => id !== 'sandbox' || sandbox)
  const registrations = [{ id: 'new', label: words.aNew }, ...known.map((one) => ({ id: one.name, label: `${one.title} (${one.name})` }))]
  return (
    <>
      <Select label={words.cloud} value={draft.cloud} onChange={(cloud) => change({ cloud: cloud as Draft['cloud'] })} options={clouds.map(([id, label]) => ({ id, label }))} />
      {draft.cloud === 'other' && (
        <>
          <TextField label={words.authority} help={words.authorityHelp} value={draft.authority} onChange={(authority) => change({ authority })} error={error('authority')} required autoComplete="off" />
          <TextField label={words.online} help={words.onlineHelp} value={draft.online} onChange={(online) => change({ online })} error={error('online', 'server', 'keys.server')} required autoComplete="off" />
        </>
      )}
      {known.length > 0 && <Select label={words.registration} value={draft.resource === aNew ? 'new' : draft.resource} onChange={(id) => change({ resource: id === 'new' ? aNew : id })} options={registrations} />}
      {draft.resource === aNew && (
        <>
          <TextField label={words.tenant} help={words.tenantHelp} value={draft.tenant} onChange={(tenant) => change({ tenant })} error={error('tenant')} required autoComplete="off" />
          <TextField label={words.client} value={draft.clientId} onChange={(clientId) => change({ clientId })} error={error('clientId')} required autoComplete="off" />
          <TextField label={words.secret} help={words.secretHelp} value={draft.secret} onChange={(secret) => change({ secret })} error={error('secret')} required type="password" autoComplete="new-password" />
          <TextField label={words.ends} help={words.endsHelp} placeholder="2028-11-23" value={draft.ends} onChange={(ends) => change({ ends })} error={error('ends', 'secretExpires')} autoComplete="off" />
        </>
      )}
    </>
  )
}

function Register({ draft, way, sandbox }: { draft: Draft; way: 'graph' | 'ews'; sandbox: boolean }) {
  const at = useQuery({ ...places, enabled: sandbox }).data
  const consent = consentOf(draft, at, useQuery(oauthResources).data?.items ?? [])
  return (
    <Section title={words.register}>
      <p className="quiet">{words.registerLead}</p>
      <CopyField label={words.redirect} value={`${window.location.origin}/oauth/callback`} />
      <CopyField label={words.permissions} value={words.rights[way] ?? ''} />
      {way === 'graph' && <p className="quiet small">{words.more}</p>}
      <p className="quiet">{consent ? words.consent : words.consentLater}</p>
      {consent && <CopyField label={words.consentAt} value={consent} />}
    </Section>
  )
}

function Done({ of, fresh, again }: { of: Connected; fresh: boolean; again: () => void }) {
  const attempt = useTryConnection(of.connection)
  const found = useQuery(checked(of.connection, fresh))
  return (
    <>
      <Section title={words.title}>
        {found.data?.ok === true && (
          <Message tone="good" live={fresh}>
            {words.connected(of.address)} {of.service && words.calledBy(of.service)}
          </Message>
        )}
        {found.data?.ok === false && (
          <Message tone="bad" live>
            {words.broken(of.address)}
          </Message>
        )}
        <Testing on={found.isFetching} />
        {found.error && <Failure error={found.error} />}
        {found.data && !found.data.ok && <Steps of={found.data.steps.map((step) => ({ ...step, advice: step.ok ? undefined : step.do }))} />}
        <div className="row">
          <Button look="primary" autoFocus={fresh} busy={attempt.isPending} onPress={() => attempt.mutate('send')}>
            {words.test}
          </Button>
          <Button busy={found.isFetching} onPress={() => void found.refetch()}>
            {words.checkAgain}
          </Button>
          <Button onPress={again}>{words.another}</Button>
        </div>
        <div className="row">
          <LinkButton to="/manage/mail?view=connections">{words.open.mail}</LinkButton>
          {of.service && <LinkButton to={`/manage/services/${of.service}`}>{words.open.service}</LinkButton>}
          {of.resource && <LinkButton to={`/manage/oauth/${of.resource}`}>{words.open.resource}</LinkButton>}
        </div>
      </Section>
      <Testing on={attempt.isPending} />
      {attempt.error && <Failure error={attempt.error} />}
      {attempt.data && !attempt.isPending && <Tested result={attempt.data} />}
    </>
  )
}
