import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { sortFields, problemOf } from '../api/problem'
import type { SignInProvider, SignInSettings } from '../api/types'
import { signInWords } from '../text/signin'
import { Button, LinkButton } from '../ui/button/button'
import { CopyField } from '../ui/copy/copy'
import { Check, Select, TextField } from '../ui/field/field'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { wantedOf } from './signin'
import { ToRegister } from './signinregister'
import { redirectOf } from './signinwords'
import { useAddSignIn, useSaveSignIn } from './signinqueries'
import { trusted } from './trustqueries'

const elsewhere = ''

const newcomers = () => Object.entries(signInWords.newcomersOf).map(([id, label]) => ({ id, label }))

function Back() {
  return (
    <div>
      <LinkButton look="subtle" icon="back" to="/manage/signin">
        {signInWords.back}
      </LinkButton>
    </div>
  )
}

/** The errors that belong to fields here, by the last word of their path. */
function errorsOf(error: unknown, known: readonly string[]) {
  if (!error) return { at: new Map<string, string>(), rest: 0 }
  const fields = problemOf(error).fields.map((one) => ({ ...one, field: one.field.replace(/^.*\./, '') }))
  const { at, rest } = sortFields(fields, known)
  return { at, rest: rest.length + (fields.length === 0 ? 1 : 0) }
}

/** A provider in one step: a trusted issuer, or a tenant or address, and the client. */
export function AddProvider({ set }: { set: SignInSettings }) {
  const issuers = useQuery(trusted).data?.body.issuers ?? []
  const [trust, setTrust] = useState<string>()
  const [from, setFrom] = useState('')
  const [name, setName] = useState('')
  const [clientId, setClientId] = useState('')
  const [secret, setSecret] = useState('')
  const [who, setWho] = useState('create')
  const navigate = useNavigate()
  const say = useSay()
  const add = useAddSignIn((added) => {
    say(signInWords.added(added?.name ?? ''))
    void navigate(`/manage/signin${added ? `?new=${encodeURIComponent(added.id)}` : ''}`)
  })
  const chosen = trust ?? issuers[0]?.name ?? elsewhere
  const errors = errorsOf(add.error, ['clientId', 'secret', 'name'])
  const where = chosen === elsewhere ? { from: from.trim() } : { trust: chosen }
  const submit = () =>
    add.mutate({ ...where, ...(name.trim() ? { name: name.trim() } : {}), clientId: clientId.trim(), ...(secret ? { secret } : {}), newcomers: who as 'create' })
  return (
    <>
      <Back />
      <Section title={signInWords.addTitle}>
        <form className="stack" noValidate onSubmit={(event) => (event.preventDefault(), !add.isPending && submit())}>
          {issuers.length > 0 && (
            <Select
              label={signInWords.where}
              value={chosen || 'other'}
              onChange={(next) => setTrust(next === 'other' ? elsewhere : next)}
              options={[...issuers.map((one) => ({ id: one.name, label: signInWords.whereTrusted(one.name) })), { id: 'other', label: signInWords.whereOther }]}
            />
          )}
          {chosen === elsewhere && <TextField label={signInWords.from} value={from} onChange={setFrom} help={signInWords.fromHelp} required autoComplete="off" />}
          <TextField label={signInWords.name} value={name} onChange={setName} help={signInWords.nameHelp} error={errors.at.get('name')} autoComplete="off" />
          <fieldset className="choices">
            <legend className="field-label">{signInWords.register}</legend>
            <ToRegister set={set} redirect={redirectOf(set, name || chosen)} />
          </fieldset>
          <TextField label={signInWords.clientId} value={clientId} onChange={setClientId} help={signInWords.clientIdHelp} error={errors.at.get('clientId')} required autoComplete="off" />
          <TextField label={signInWords.secret} type="password" value={secret} onChange={setSecret} help={signInWords.secretHelp} error={errors.at.get('secret')} autoComplete="off" />
          <Select label={signInWords.newcomers} value={who} onChange={setWho} options={newcomers()} />
          {add.error && errors.rest > 0 && <Failure error={add.error} />}
          <div>
            <Button look="primary" type="submit" busy={add.isPending} isDisabled={clientId.trim() === '' || (chosen === elsewhere && from.trim() === '')}>
              {signInWords.save}
            </Button>
          </div>
        </form>
      </Section>
    </>
  )
}

/** One provider, to be changed. Where people sign in there stays: that would be another provider. */
export function ChangeProvider({ provider, set, etag }: { provider: SignInProvider; set: SignInSettings; etag: string | undefined }) {
  const [now, setNow] = useState(provider)
  const [secret, setSecret] = useState('')
  const [scopes, setScopes] = useState(provider.scopes.join(' '))
  const navigate = useNavigate()
  const say = useSay()
  const save = useSaveSignIn(() => {
    say(signInWords.changed)
    void navigate('/manage/signin')
  })
  const errors = errorsOf(save.error, ['clientId', 'secret', 'name', 'scopes'])
  const change = (part: Partial<SignInProvider>) => setNow({ ...now, ...part })
  const submit = () => {
    const changed = { ...now, scopes: scopes.split(/\s+/).filter(Boolean), ...(secret ? { secret } : {}) }
    save.mutate({ wanted: { ...wantedOf(set), providers: set.providers.map((one) => (one.id === provider.id ? changed : one)) }, etag })
  }
  return (
    <>
      <Back />
      <Section title={signInWords.editTitle(provider.name)}>
        <form className="stack" noValidate onSubmit={(event) => (event.preventDefault(), !save.isPending && submit())}>
          <CopyField label={signInWords.redirect} value={provider.redirectUri ?? ''} />
          <TextField label={signInWords.name} value={now.name} onChange={(name) => change({ name })} help={signInWords.nameHelp} error={errors.at.get('name')} required autoComplete="off" />
          <TextField label={signInWords.clientId} value={now.clientId} onChange={(clientId) => change({ clientId })} help={signInWords.clientIdHelp} error={errors.at.get('clientId')} required autoComplete="off" />
          <TextField
            label={signInWords.secret}
            type="password"
            value={secret}
            onChange={setSecret}
            help={provider.hasSecret ? signInWords.secretKept : signInWords.secretHelp}
            error={errors.at.get('secret')}
            autoComplete="off"
          />
          <TextField label={signInWords.scopes} value={scopes} onChange={setScopes} help={signInWords.scopesHelp} error={errors.at.get('scopes')} autoComplete="off" />
          <Select label={signInWords.newcomers} value={now.newcomers} onChange={(who) => change({ newcomers: who as 'create' })} options={newcomers()} />
          <Check label={signInWords.link} value={now.linkByAddress ?? false} onChange={(linkByAddress) => change({ linkByAddress })} />
          <Check label={signInWords.stay} value={now.staySignedIn ?? false} onChange={(staySignedIn) => change({ staySignedIn })} />
          {save.error && errors.rest > 0 && <Failure error={save.error} />}
          <div>
            <Button look="primary" type="submit" busy={save.isPending}>
              {signInWords.save}
            </Button>
          </div>
        </form>
      </Section>
    </>
  )
}
