import { useState } from 'react'
import { useNavigate } from 'react-router'
import { problemOf, sortFields } from '../api/problem'
import type { NewOAuthResource, OAuthResource, OAuthType } from '../api/types'
import { connectionsWords } from '../text/connections'
import { Select, TextField } from '../ui/field/field'
import { Lines } from '../ui/lines/lines'
import { Section, useTitle } from '../ui/page/page'
import { useSay } from '../ui/toast/toast'
import { EntryForm } from './entries'
import { draftOf, nameFrom, resourceOf, type Draft } from './oauthwords'
import { useSaveResource } from './oauthqueries'

const words = connectionsWords
const { form } = words

interface Props {
  types: readonly OAuthType[]
  was?: OAuthResource
  etag?: string | undefined
}

/** A resource, new or changed: only what its kind of provider needs. */
export function ResourceForm({ types, was, etag }: Props) {
  const title = was ? form.changeTitle(was.title) : form.addTitle
  useTitle(title)
  const navigate = useNavigate()
  const say = useSay()
  const [draft, setDraft] = useState<Draft>(draftOf(was))
  const change = (more: Partial<Draft>) => setDraft({ ...draft, ...more })
  const save = useSaveResource((name) => {
    say(words.saved(draft.title))
    void navigate(`/manage/oauth/${name}`)
  })
  const type = types.find((one) => one.name === draft.type)
  const problem = save.error ? problemOf(save.error) : undefined
  const known = ['name', 'title', 'type', 'tenant', 'authority', 'issuer', 'authorizationUrl', 'tokenUrl', 'clientId', 'auth', 'secret', 'secretExpires', 'tokenFile', 'redirect', 'audience', 'scopes']
  const { at, rest } = sortFields(problem?.fields ?? [], known)
  const send = () => {
    const body: NewOAuthResource = resourceOf(draft, was)
    save.mutate(was ? { body, change: { etag } } : { body })
  }
  const parts = { draft, change, error: (field: string) => at.get(field) }
  return (
    <EntryForm back={was ? `/manage/oauth/${was.name}` : '/manage/oauth'} backTo={was ? was.title : words.back} save={send} saving={save.isPending} button={was ? form.save : form.create} problem={problem} rest={rest}>
      <Section title={title}>
        <Select label={form.type} help={type?.text} value={draft.type} onChange={(next) => change({ type: next })} options={types.map((one) => ({ id: one.name, label: one.title }))} error={at.get('type')} />
        <TextField label={form.title} help={form.titleHelp} value={draft.title} onChange={(next) => change({ title: next, ...(was || draft.named ? {} : { name: nameFrom(next) }) })} error={at.get('title')} required autoComplete="off" />
        {!was && <TextField label={form.name} help={form.nameHelp} value={draft.name} onChange={(next) => change({ name: next, named: next !== '' })} error={at.get('name')} required autoComplete="off" />}
      </Section>
      {type && <Provider {...parts} type={type} />}
      <Registration {...parts} was={was} />
      <Section title={form.asks}>
        <TextField label={form.audience} help={form.audienceHelp} value={draft.audience} onChange={(audience) => change({ audience })} error={at.get('audience')} autoComplete="off" />
        <Lines label={form.scopes} help={form.scopesHelp} values={draft.scopes} onChange={(scopes) => change({ scopes })} error={at.get('scopes')} />
      </Section>
    </EntryForm>
  )
}

interface Part {
  draft: Draft
  change: (more: Partial<Draft>) => void
  error: (field: string) => string | undefined
}

function Provider({ draft, change, error, type }: Part & { type: OAuthType }) {
  const entra = type.metadata?.includes('{tenant}') === true
  const issuer = type.metadata?.includes('{issuer}') === true
  const byHand = !entra && !type.issuer
  if (!entra && !issuer && !byHand) return null
  return (
    <Section title={form.provider}>
      {entra && <TextField label={form.tenant} help={form.tenantHelp} value={draft.tenant} onChange={(tenant) => change({ tenant })} error={error('tenant')} required autoComplete="off" />}
      {entra && <TextField label={form.authority} help={form.authorityHelp} placeholder="https://login.microsoftonline.com" value={draft.authority} onChange={(authority) => change({ authority })} error={error('authority')} autoComplete="off" />}
      {issuer && <TextField label={form.issuer} help={form.issuerHelp} value={draft.issuer} onChange={(next) => change({ issuer: next })} error={error('issuer')} autoComplete="off" />}
      {byHand && type.people && <TextField label={form.authorization} help={form.byHand} value={draft.authorizationUrl} onChange={(authorizationUrl) => change({ authorizationUrl })} error={error('authorizationUrl')} autoComplete="off" />}
      {byHand && <TextField label={form.token} help={form.byHand} value={draft.tokenUrl} onChange={(tokenUrl) => change({ tokenUrl })} error={error('tokenUrl')} autoComplete="off" />}
    </Section>
  )
}

function Registration({ draft, change, error, was }: Part & { was: OAuthResource | undefined }) {
  const own = `/oauth/callback/${draft.name}`
  const redirects = [
    { id: '/oauth/callback', label: `/oauth/callback, ${form.ours}` },
    { id: '/identity/token/oauth/2', label: `/identity/token/oauth/2, ${form.k2s}` },
    ...(draft.redirect === own ? [{ id: own, label: own }] : []),
  ]
  return (
    <Section title={form.registration}>
      <TextField label={form.client} value={draft.clientId} onChange={(clientId) => change({ clientId })} error={error('clientId')} required autoComplete="off" />
      <Select label={form.redirect} value={draft.redirect} onChange={(redirect) => change({ redirect })} options={redirects} error={error('redirect')} />
      <Select label={form.auth} value={draft.auth} onChange={(auth) => change({ auth: auth as Draft['auth'] })} options={Object.entries(form.auths).map(([id, label]) => ({ id, label }))} error={error('auth')} />
      {draft.auth === 'secret' && (
        <>
          <TextField label={form.secret} help={was?.hasSecret ? form.kept : form.secretHelp} value={draft.secret} onChange={(secret) => change({ secret })} error={error('secret')} required={!was?.hasSecret} type="password" autoComplete="new-password" />
          <TextField label={form.expires} help={form.expiresHelp} placeholder="2027-11-23" value={draft.expires} onChange={(expires) => change({ expires })} error={error('secretExpires')} autoComplete="off" />
        </>
      )}
      {draft.auth === 'federated' && <TextField label={form.file} help={form.fileHelp} value={draft.tokenFile} onChange={(tokenFile) => change({ tokenFile })} error={error('tokenFile')} required autoComplete="off" />}
    </Section>
  )
}
