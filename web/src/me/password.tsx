import { useState } from 'react'
import { Form } from 'react-aria-components'
import { problemOf, sortFields } from '../api/problem'
import { useMe } from '../shell/session'
import { signInWords } from '../text/signin'
import { Button } from '../ui/button/button'
import { TextField } from '../ui/field/field'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { useChangePassword } from './queries'

/** Another password, for whoever has one that is kept here. */
export function Password() {
  const me = useMe()
  const words = signInWords.password
  const [present, setPresent] = useState('')
  const [next, setNext] = useState('')
  const say = useSay()
  const change = useChangePassword(me.login ?? '', () => {
    setPresent('')
    setNext('')
    say(words.changed)
  })
  if (!me.password) return null
  const problem = change.error ? problemOf(change.error) : undefined
  const { at, rest } = sortFields(problem?.fields ?? [], ['password'])
  const wrong = problem?.code === 'bad-credentials'
  return (
    <Section title={words.title}>
      <p className="quiet">{words.lead}</p>
      <Form
        className="stack"
        validationBehavior="aria"
        onSubmit={(event) => {
          event.preventDefault()
          if (present && next && !change.isPending) change.mutate({ present, password: next })
        }}
      >
        {/* for what remembers passwords: whose it is */}
        <input type="text" name="username" autoComplete="username" value={me.login ?? ''} readOnly hidden />
        <TextField label={words.present} type="password" value={present} onChange={setPresent} error={wrong ? words.wrong : undefined} autoComplete="current-password" required />
        <TextField label={words.next} type="password" value={next} onChange={setNext} help={words.nextHelp} error={at.get('password')} autoComplete="new-password" required />
        {problem && !wrong && (at.size === 0 || rest.length > 0) && <Failure error={problem} />}
        <div>
          <Button type="submit" isDisabled={!present || !next} busy={change.isPending}>
            {words.change}
          </Button>
        </div>
      </Form>
    </Section>
  )
}
