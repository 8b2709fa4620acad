import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import type { NewToken } from '../api/types'

/** One's own tokens, and how long new ones may last. */
export const ownTokens = queryOptions({
  queryKey: ['tokens', 'own'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/me/tokens', { signal })),
})

export function useMakeToken() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewToken) => answer(api.POST('/api/v1/me/tokens', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
    gcTime: 0, // the token itself stays nowhere
  })
}

export function useEndOwnToken(onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: number) => answer(api.DELETE('/api/v1/me/tokens/{id}', { params: { path: { id } } })),
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
  })
}
