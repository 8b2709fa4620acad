import { useState } from 'react'
import type { SignInProvider } from '../api/types'
import { Refused } from '../signin/refused'
import { signInWords } from '../text/signin'
import { Button } from '../ui/button/button'
import { Select, TextArea } from '../ui/field/field'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { useExplain } from './signinqueries'

/** Tells what an error of a provider means: some are shown on its pages only and never reach this server. */
export function ExplainError({ providers }: { providers: readonly SignInProvider[] }) {
  const [provider, setProvider] = useState(providers[0]?.id ?? '')
  const [text, setText] = useState('')
  const explain = useExplain()
  return (
    <Section title={signInWords.explain}>
      <p className="quiet">{signInWords.explainLead}</p>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim()) explain.mutate({ provider, text: text.trim() })
        }}
      >
        {providers.length > 1 && (
          <Select label={signInWords.explainFor} value={provider} onChange={setProvider} options={providers.map((one) => ({ id: one.id, label: one.name }))} />
        )}
        <TextArea label={signInWords.explainText} value={text} onChange={setText} rows={2} />
        {explain.error && <Failure error={explain.error} />}
        {explain.data && <Refused why={explain.data} title={signInWords.explained} />}
        <div>
          <Button type="submit" isDisabled={text.trim() === ''} busy={explain.isPending}>
            {signInWords.explainButton}
          </Button>
        </div>
      </form>
    </Section>
  )
}
