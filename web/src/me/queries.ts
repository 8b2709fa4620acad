import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'

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
