import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from 'react-aria-components'
import { useLocation, useSearchParams } from 'react-router'
import { safeNext } from '../shell/session'
import { t } from '../text/en'
import { signInWords } from '../text/signin'
import { Button } from '../ui/button/button'
import { TextField } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { Refused } from './refused'
import { failure, options, useRecover, useSignIn } from './queries'
import './signin.css'

/** The way in: a button for each provider, and a form for names and passwords kept here. */
export function SignInPage() {
  useTitle(t.signIn.title)
  const [params] = useSearchParams()
  const [kind, hidden] = useLocation().hash.slice(1).split('=', 2)
  const refused = useQuery(failure(kind === 'refused' ? (hidden ?? '') : ''))
  const next = safeNext(refused.data?.next && refused.data.next !== '/' ? refused.data.next : params.get('next'))
  if (kind === 'recover' && hidden) return <Recover ticket={hidden} next={next} />
  return (
    <Card title={t.signIn.title} lead={t.signIn.lead}>
      {refused.data && <Refused why={refused.data} />}
      {refused.error && <Failure error={refused.error} />}
      {params.has('ended') && !refused.data && <Message>{t.signIn.ended}</Message>}
      {params.has('left') && <Message tone="good">{signInWords.left}</Message>}
      <Ways next={next} />
    </Card>
  )
}

function Card({ title, lead, children }: { title: string; lead: string; children: React.ReactNode }) {
  return (
    <main className="signin">
      <section className="signin-card stack">
        <header>
          <img src="/icon.svg" alt="" width="40" height="40" />
          <h1>{title}</h1>
          <p className="quiet">{lead}</p>
        </header>
        {children}
      </section>
    </main>
  )
}

function Ways({ next }: { next: string }) {
  const offered = useQuery(options)
  const [shown, setShown] = useState(false)
  if (offered.error) return <Failure error={offered.error} retry={() => void offered.refetch()} />
  if (!offered.data) return <Skeleton rows={2} />
  const { providers, local } = offered.data
  if (providers.length === 0 && local === 'off') return <Message tone="warn">{signInWords.noWay}</Message>
  return (
    <>
      {providers.length > 0 && (
        <ul className="signin-ways">
          {providers.map((one, place) => (
            <li key={one.id}>
              <a className={place === 0 ? 'button primary' : 'button plain'} href={`${one.start}?next=${encodeURIComponent(next)}`}>
                <span>{signInWords.through(one.name)}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
      {local !== 'off' && providers.length > 0 && !shown && (
        <Button look="subtle" onPress={() => setShown(true)}>
          {signInWords.otherWay}
        </Button>
      )}
      {local !== 'off' && (shown || providers.length === 0) && <Password next={next} second={providers.length > 0} />}
    </>
  )
}

function Password({ next, second }: { next: string; second: boolean }) {
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [shown, setShown] = useState(false)
  const signIn = useSignIn(next)
  return (
    <>
      {second && (
        <div className="signin-or quiet" aria-hidden="true">
          {signInWords.or}
        </div>
      )}
      {signIn.error && <Failure error={signIn.error} />}
      <Form className="stack" onSubmit={(event) => (event.preventDefault(), signIn.mutate({ login: login.trim(), password }))}>
        <TextField label={t.signIn.login} name="username" value={login} onChange={setLogin} autoComplete="username" autoFocus required />
        <TextField
          label={t.signIn.password}
          name="password"
          type={shown ? 'text' : 'password'}
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          required
          suffix={<Button look="subtle" icon={shown ? 'eyeOff' : 'eye'} aria-label={shown ? t.signIn.hide : t.signIn.show} onPress={() => setShown(!shown)} />}
        />
        <Button look={second ? 'plain' : 'primary'} type="submit" busy={signIn.isPending}>
          {signIn.isPending ? t.signIn.busy : t.signIn.button}
        </Button>
      </Form>
    </>
  )
}

/** A link is used up by a press, not by whatever looks at it on its way. */
function Recover({ ticket, next }: { ticket: string; next: string }) {
  const recover = useRecover(next)
  return (
    <Card title={signInWords.recover.title} lead={signInWords.recover.lead}>
      {recover.error && <Failure error={recover.error} />}
      <Button look="primary" onPress={() => recover.mutate(ticket)} busy={recover.isPending}>
        {signInWords.recover.button}
      </Button>
    </Card>
  )
}
