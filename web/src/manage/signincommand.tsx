import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf, sortFields } from '../api/problem'
import type { SignInSettings } from '../api/types'
import { signInWords } from '../text/signin'
import { Button } from '../ui/button/button'
import { Select, TextField } from '../ui/field/field'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { wantedOf } from './signin'
import { useSaveSignIn } from './signinqueries'
import { choicesOf, scopesFor } from './signinwords'
import { trusted, trustKeys } from './trustqueries'

const nowhere = 'none'

/** Where `signoff login` gets tokens: a public client of an issuer that is trusted for API calls. */
export function CommandLine({ set, etag }: { set: SignInSettings; etag: string | undefined }) {
  const words = signInWords.command
  const [issuer, setIssuer] = useState(set.commandLine?.issuer ?? '')
  const [clientId, setClientId] = useState(set.commandLine?.clientId ?? '')
  const [scopes, setScopes] = useState((set.commandLine?.scopes ?? []).join(' '))
  const entries = useQuery(trusted).data?.body.issuers ?? []
  const choices = choicesOf(entries, useQuery(trustKeys).data?.items ?? [])
  const say = useSay()
  const save = useSaveSignIn(() => say(signInWords.changed))
  const filled = issuer.trim() !== '' && clientId.trim() !== ''
  const submit = () => {
    const { providers, local } = wantedOf(set)
    const commandLine = { issuer: issuer.trim(), clientId: clientId.trim(), scopes: scopes.split(/\s+/).filter(Boolean) }
    save.mutate({ wanted: { providers, local, ...(filled ? { commandLine } : {}) }, etag })
  }
  const choose = (next: string) => {
    setIssuer(next === nowhere ? '' : next)
    const entry = choices.find((one) => one.url === next)?.entry
    const theirs = choices.find((one) => one.url === issuer)?.entry
    if (entry && (scopes.trim() === '' || (theirs && scopes === scopesFor(theirs)))) setScopes(scopesFor(entry))
  }
  const kept = issuer !== '' && !choices.some((one) => one.url === issuer)
  const { at, rest } = sortFields(save.error ? problemOf(save.error).fields : [], ['commandLine.issuer', 'commandLine.clientId', 'commandLine.scopes'])
  return (
    <Section title={words.title}>
      <p className="quiet">{words.lead}</p>
      <form className="stack" noValidate onSubmit={(event) => (event.preventDefault(), !save.isPending && submit())}>
        <Select
          label={words.issuer}
          value={issuer || nowhere}
          onChange={choose}
          help={choices.length > 0 ? undefined : words.noIssuer}
          error={at.get('commandLine.issuer')}
          options={[
            { id: nowhere, label: words.nowhere },
            ...choices.map(({ url, entry }) => ({ id: url, label: `${entry.name}: ${url}` })),
            ...(kept ? [{ id: issuer, label: words.untrusted(issuer) }] : []),
          ]}
        />
        <TextField label={signInWords.clientId} value={clientId} onChange={setClientId} help={words.clientHelp} error={at.get('commandLine.clientId')} autoComplete="off" />
        <TextField label={signInWords.scopes} value={scopes} onChange={setScopes} help={words.scopesHelp} error={at.get('commandLine.scopes')} autoComplete="off" />
        {save.error && (at.size === 0 || rest.length > 0) && <Failure error={save.error} />}
        <div>
          <Button type="submit" busy={save.isPending} isDisabled={!filled && !(set.commandLine && issuer === '')}>
            {signInWords.save}
          </Button>
        </div>
      </form>
    </Section>
  )
}
