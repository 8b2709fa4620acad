import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { useNavigate } from 'react-router'
import { answer, api, setCsrf } from '../api/client'
import { liveUrl } from '../api/live'
import { tellEnded } from '../api/share'
import type { Me } from '../api/types'

/** Who is signed in. The answer brings the token that changes over this session need. */
export function useSession() {
  return useQuery({
    queryKey: ['me'],
    queryFn: async ({ signal }) => {
      const me = await answer(api.GET('/api/v1/me', { signal }))
      setCsrf(me.csrf)
      return me
    },
    staleTime: 5 * 60_000,
  })
}

export const MeContext = createContext<Me | undefined>(undefined)

/** The signed-in person, on every page inside the shell. */
export function useMe(): Me {
  const me = useContext(MeContext)
  if (!me) throw new Error('useMe outside the shell')
  return me
}

/** Ends the session and shows the sign-in page. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return async () => {
    let next: string | undefined
    try {
      next = (await answer(api.DELETE('/api/v1/session'))).next
    } finally {
      const me = queries.getQueryData<Me>(['me'])
      if (me) tellEnded(liveUrl, me.id)
      setCsrf(undefined)
      queries.clear()
      // Their provider has signed them in; there they are to be signed out too.
      if (next) window.location.assign(next)
      else void navigate('/sign-in')
    }
  }
}

/** The way to the sign-in page and back again. */
export function signInPath(from: { pathname: string; search: string }, ended: boolean): string {
  const next = from.pathname + from.search
  const params = new URLSearchParams()
  if (next !== '/' && next !== '/inbox') params.set('next', next)
  if (ended) params.set('ended', '1')
  const query = params.toString()
  return query ? `/sign-in?${query}` : '/sign-in'
}

/** Where to go after signing in. Only a path of ours: an address elsewhere would be a trap. */
export function safeNext(next: string | null): string {
  if (!next || !next.startsWith('/') || /^\/[/\\]/.test(next) || /[\u0000-\u001f]/.test(next)) return '/inbox'
  return next
}
