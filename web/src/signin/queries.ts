import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { answer, api, setCsrf } from '../api/client'
import type { Me } from '../api/types'

/** What the page offers. */
export const options = queryOptions({
  queryKey: ['sign-in', 'options'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/signin/options', { signal })),
  staleTime: 60_000,
})

/** Why a sign-in failed, from what the address has after its #. */
export const failure = (refused: string) =>
  queryOptions({
    queryKey: ['sign-in', 'failure', refused],
    queryFn: ({ signal }) => answer(api.POST('/api/v1/signin/failure', { signal, body: { refused } })),
    enabled: refused !== '',
    retry: false,
    staleTime: Infinity,
  })

export function useSignIn(next: string) {
  const arrive = useArrive(next)
  return useMutation({
    mutationFn: (body: { login: string; password: string }) => answer(api.POST('/api/v1/session', { body })),
    onSuccess: arrive,
  })
}

/** Signs in with a one-time link. */
export function useRecover(next: string) {
  const arrive = useArrive(next)
  return useMutation({
    mutationFn: (ticket: string) => answer(api.POST('/api/v1/signin/recover', { body: { ticket } })),
    onSuccess: arrive,
  })
}

/** Takes up a session that has just begun. Whoever was here before has left nothing to see. */
function useArrive(next: string): (me: Me) => void {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return (me) => {
    queries.clear()
    setCsrf(me.csrf)
    queries.setQueryData(['me'], me)
    void navigate(next, { replace: true })
  }
}
