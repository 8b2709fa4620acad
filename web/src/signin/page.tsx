import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from 'react-aria-components'
import { useNavigate, useSearchParams } from 'react-router'
import { answer, api, setCsrf } from '../api/client'
import { safeNext } from '../shell/session'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { TextField } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import './signin.css'

export function SignInPage() {
  useTitle(t.signIn.title)
  const [params] = useSearchParams()
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [shown, setShown] = useState(false)
  const signIn = useSignIn(safeNext(params.get('next')))
  return (
    <main className="signin">
      <section className="signin-card stack">
        <header>
          <img src="/icon.svg" alt="" width="40" height="40" />
          <h1>{t.signIn.title}</h1>
          <p className="quiet">{t.signIn.lead}</p>
        </header>
        {params.has('ended') && !signIn.error && <Message>{t.signIn.ended}</Message>}
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
          <Button look="primary" type="submit" busy={signIn.isPending}>
            {signIn.isPending ? t.signIn.busy : t.signIn.button}
          </Button>
        </Form>
      </section>
    </main>
  )
}

function useSignIn(next: string) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: (body: { login: string; password: string }) => answer(api.POST('/api/v1/session', { body })),
    onSuccess: (me) => {
      // Whoever was here before has left nothing to see.
      queries.clear()
      setCsrf(me.csrf)
      queries.setQueryData(['me'], me)
      void navigate(next, { replace: true })
    },
  })
}
