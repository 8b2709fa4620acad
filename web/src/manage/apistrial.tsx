import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { apisWords } from '../text/apis'
import { Button, LinkButton } from '../ui/button/button'
import { Select, TextField } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { send, type Trial, type Tried } from './apistry'

const words = apisWords

const empty: Omit<Trial, 'address'> = { path: '/tasks', kind: 'token', token: '', login: '', password: '' }

/** One request, tried from the page with credentials of its own. */
export function TryIt({ apis }: { apis: Record<'workflow' | 'rest', string> }) {
  const [name, setName] = useState<'workflow' | 'rest'>('workflow')
  const [draft, setDraft] = useState(empty)
  const change = (more: Partial<typeof empty>) => setDraft((now) => ({ ...now, ...more }))
  const trial = useMutation({ mutationFn: () => send({ ...draft, address: apis[name] }, words.cut) })
  return (
    <Section title={words.tryTitle}>
      <p className="quiet">{words.tryLead}</p>
      <form
        className="stack"
        noValidate
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault()
          if (!trial.isPending) trial.mutate()
        }}
      >
        <div className="api-try">
          <Select label={words.tryApi} value={name} onChange={(next) => setName(next === 'rest' ? 'rest' : 'workflow')} options={(['workflow', 'rest'] as const).map((id) => ({ id, label: words.names[id] ?? id }))} />
          <TextField label={words.tryPath} help={words.tryPathHelp} value={draft.path} onChange={(path) => change({ path })} />
          <Select label={words.tryWith} value={draft.kind} onChange={(kind) => change({ kind })} options={(['token', 'basic'] as const).map((id) => ({ id, label: id === 'token' ? words.tryToken : `${words.tryLogin}, ${words.tryPassword.toLowerCase()}` }))} />
        </div>
        {draft.kind === 'token' ? (
          <TextField label={words.tryToken} help={words.tryTokenHelp} value={draft.token} type="password" autoComplete="off" onChange={(token) => change({ token })} />
        ) : (
          <div className="api-try">
            <TextField label={words.tryLogin} value={draft.login} autoComplete="off" onChange={(login) => change({ login })} />
            <TextField label={words.tryPassword} value={draft.password} type="password" autoComplete="off" onChange={(password) => change({ password })} />
          </div>
        )}
        <div>
          <Button type="submit" busy={trial.isPending}>
            {words.trySend}
          </Button>
        </div>
      </form>
      <div role="status">
        {trial.error && <Message tone="bad">{words.offline}</Message>}
        {trial.data && <Outcome tried={trial.data} />}
      </div>
    </Section>
  )
}

function Outcome({ tried }: { tried: Tried }) {
  const refused = tried.status === 401 || tried.status === 403
  return (
    <>
      <Message tone={tried.status < 400 ? 'good' : 'warn'} action={refused && <LinkButton to="/manage/doctor">{words.refusedHelp}</LinkButton>}>
        {words.asked} <code>{tried.line}</code>. {words.answered}{' '}
        <strong>
          {tried.status} {tried.reason}
        </strong>{' '}
        {words.took(tried.ms)}
      </Message>
      <pre className="api-answer" tabIndex={0} aria-label={words.answered}>
        {tried.headers.map(([name, value]) => `${name}: ${value}\n`).join('')}
        {'\n'}
        {tried.body}
      </pre>
    </>
  )
}
