import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, setCsrf } from '../api/client'

/** Where you are signed in. */
export const mySessions = queryOptions({
  queryKey: ['me', 'sessions'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/me/sessions', { signal })),
})

/** Ends one session, or with nothing all others. */
export function useEndSession(onDone: (all: boolean) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (session: string | undefined) => {
      if (session === undefined) await answer(api.DELETE('/api/v1/me/sessions'))
      else await answer(api.DELETE('/api/v1/me/sessions/{session}', { params: { path: { session } } }))
    },
    onSuccess: (_, session) => onDone(session === undefined),
    onSettled: () => queries.invalidateQueries({ queryKey: mySessions.queryKey }),
  })
}

/**
 * Gives the signed-in person another password. That ends all their sessions, this
 * one too; so the page signs in again with what was just typed.
 */
export function useChangePassword(login: string, onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (body: { present: string; password: string }) => {
      await answer(api.PUT('/api/v1/me/password', { body }))
      return answer(api.POST('/api/v1/session', { body: { login, password: body.password } }))
    },
    onSuccess: (me) => {
      setCsrf(me.csrf)
      queries.setQueryData(['me'], me)
      void queries.invalidateQueries({ queryKey: mySessions.queryKey })
      onDone()
    },
  })
}
