import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { SignInProvider, SignInSettings } from '../api/types'
import { signInWords } from '../text/signin'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Select } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { CommandLine } from './signincommand'
import { ExplainError } from './signinexplain'
import { AddProvider, ChangeProvider } from './signinform'
import { TestResult } from './signintest'
import { ToRegister } from './signinregister'
import { signInSetting, useSaveSignIn } from './signinqueries'
import './entries.css'

interface Props {
  set: SignInSettings
  etag: string | undefined
}

/** How people sign in: providers, local accounts, and what is to be registered elsewhere. */
export function SignInSettingPage() {
  useTitle(signInWords.title)
  const [params] = useSearchParams()
  const test = params.get('test')
  const got = useQuery(signInSetting)
  if (test) return <TestResult test={test} />
  if (got.error) return <Failure error={got.error} retry={() => void got.refetch()} />
  if (!got.data) return <Skeleton rows={3} tall />
  const { body: set, etag } = got.data
  const provider = set.providers.find((one) => one.id === params.get('provider'))
  if (provider) return <ChangeProvider key={provider.id} provider={provider} set={set} etag={etag} />
  if (params.has('add')) return <AddProvider set={set} />
  return (
    <>
      <Providers set={set} etag={etag} />
      <Local set={set} etag={etag} />
      <CommandLine key={etag} set={set} etag={etag} />
      {set.providers.length > 0 && <ExplainError providers={set.providers} />}
    </>
  )
}

function Providers({ set, etag }: Props) {
  return (
    <Section
      title={signInWords.providers}
      plain
      actions={
        <LinkButton look="primary" icon="plus" to="/manage/signin?add">
          {signInWords.add}
        </LinkButton>
      }
    >
      <p className="quiet">{set.providers.length > 0 ? signInWords.lead : signInWords.none}</p>
      <ul className="entries">
        {set.providers.map((one) => (
          <Provider key={one.id} provider={one} set={set} etag={etag} />
        ))}
      </ul>
    </Section>
  )
}

function Provider({ provider, set, etag }: Props & { provider: SignInProvider }) {
  const isNew = useSearchParams()[0].get('new') === provider.id
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const save = useSaveSignIn(() => say(signInWords.removed(provider.name)))
  const remove = () => save.mutate({ wanted: { ...wantedOf(set), providers: set.providers.filter((one) => one !== provider) }, etag })
  return (
    <li className="entry">
      <div className="row">
        <h3 className="entry-name">{provider.name}</h3>
        <Badge>{provider.tenant ? 'Entra ID' : 'OpenID'}</Badge>
      </div>
      <div className="quiet">{provider.issuer}</div>
      <div>
        {signInWords.newcomers} {signInWords.newcomersOf[provider.newcomers]}.
      </div>
      {isNew && (
        <Message tone="good" live>
          {signInWords.registerNow}
        </Message>
      )}
      <details className="other" open={isNew}>
        <summary>{signInWords.register}</summary>
        <ToRegister set={set} redirect={provider.redirectUri ?? ''} />
      </details>
      <div className="row">
        <a className="button plain" href={`/api/v1/signin/${provider.id}/start?test=1`} target="_blank" rel="noreferrer" title={signInWords.testHelp}>
          <span>{signInWords.test}</span>
        </a>
        <LinkButton to={`/manage/signin?provider=${provider.id}`}>{signInWords.edit}</LinkButton>
        <Button look="subtle" onPress={() => setAsking(true)}>
          {signInWords.remove}
        </Button>
      </div>
      <Dialog
        title={signInWords.removeTitle(provider.name)}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        actions={
          <Button look="danger" onPress={remove} busy={save.isPending}>
            {signInWords.remove}
          </Button>
        }
      >
        <p>{signInWords.removeLead}</p>
        {save.error && <Failure error={save.error} />}
      </Dialog>
    </li>
  )
}

/** What is saved again with a change of something else. */
export function wantedOf(set: SignInSettings) {
  return { providers: set.providers, local: set.local, ...(set.commandLine ? { commandLine: set.commandLine } : {}) }
}

function Local({ set, etag }: Props) {
  const say = useSay()
  const [local, setLocal] = useState(set.local)
  const save = useSaveSignIn(() => say(signInWords.changed))
  return (
    <Section title={signInWords.local}>
      <p className="quiet">{signInWords.localLead}</p>
      <Select
        label={signInWords.local}
        unseenLabel
        value={local}
        onChange={(next) => setLocal(next as typeof local)}
        options={Object.entries(signInWords.localOf).map(([id, label]) => ({ id, label }))}
      />
      {save.error && <Failure error={save.error} />}
      <div>
        <Button look="primary" isDisabled={local === set.local} busy={save.isPending} onPress={() => save.mutate({ wanted: { ...wantedOf(set), local }, etag })}>
          {signInWords.save}
        </Button>
      </div>
    </Section>
  )
}
