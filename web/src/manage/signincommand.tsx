import { useState } from 'react'
import type { SignInSettings } from '../api/types'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { TextField } from '../ui/field/field'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { wantedOf } from './signin'
import { useSaveSignIn } from './signinqueries'

/** Where `signoff login` gets tokens: a public client of an issuer that is trusted for API calls. */
export function CommandLine({ set, etag }: { set: SignInSettings; etag: string | undefined }) {
  const words = t.signing.command
  const [issuer, setIssuer] = useState(set.commandLine?.issuer ?? '')
  const [clientId, setClientId] = useState(set.commandLine?.clientId ?? '')
  const [scopes, setScopes] = useState((set.commandLine?.scopes ?? []).join(' '))
  const say = useSay()
  const save = useSaveSignIn(() => say(t.signing.changed))
  const filled = issuer.trim() !== '' && clientId.trim() !== ''
  const submit = () => {
    const { providers, local } = wantedOf(set)
    const commandLine = { issuer: issuer.trim(), clientId: clientId.trim(), scopes: scopes.split(/\s+/).filter(Boolean) }
    save.mutate({ wanted: { providers, local, ...(filled ? { commandLine } : {}) }, etag })
  }
  return (
    <Section title={words.title}>
      <p className="quiet">{words.lead}</p>
      <form className="stack" noValidate onSubmit={(event) => (event.preventDefault(), !save.isPending && submit())}>
        <TextField label={words.issuer} value={issuer} onChange={setIssuer} help={words.issuerHelp} autoComplete="off" />
        <TextField label={t.signing.clientId} value={clientId} onChange={setClientId} help={words.clientHelp} autoComplete="off" />
        <TextField label={t.signing.scopes} value={scopes} onChange={setScopes} help={words.scopesHelp} autoComplete="off" />
        {save.error && <Failure error={save.error} />}
        <div>
          <Button type="submit" busy={save.isPending} isDisabled={!filled && !set.commandLine}>
            {t.signing.save}
          </Button>
        </div>
      </form>
    </Section>
  )
}
