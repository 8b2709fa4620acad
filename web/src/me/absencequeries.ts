import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import type { SetAbsence } from '../api/types'

/** Whose absence is meant: one's own where nobody is named. */
export type Whose = string | undefined

/** When somebody is away, and who does their tasks. */
export function absence(id: Whose) {
  return queryOptions({
    queryKey: ['absence', id ?? 'me'],
    queryFn: ({ signal }) => answer(id === undefined ? api.GET('/api/v1/me/absence', { signal }) : api.GET('/api/v1/users/{id}/absence', { signal, params: { path: { id } } })),
  })
}

/** What an absence would do with the tasks that are open now. */
export function useAbsencePreview(id: Whose, body: SetAbsence, wanted: boolean) {
  return useQuery({
    queryKey: ['absence', id ?? 'me', 'preview', body],
    queryFn: ({ signal }) =>
      answer(id === undefined ? api.POST('/api/v1/me/absence/preview', { signal, body }) : api.POST('/api/v1/users/{id}/absence/preview', { signal, params: { path: { id } }, body })),
    placeholderData: (before) => before,
    enabled: wanted,
    retry: false,
    gcTime: 0,
  })
}

export function useSetAbsence(id: Whose, onDone: () => void) {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: (body: SetAbsence) => answer(id === undefined ? api.PUT('/api/v1/me/absence', { body }) : api.PUT('/api/v1/users/{id}/absence', { params: { path: { id } }, body })),
    onSuccess: onDone,
    onSettled: refresh,
  })
}

export function useEndAbsence(id: Whose, onDone: () => void) {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: (rev: number) =>
      answer(id === undefined ? api.DELETE('/api/v1/me/absence', { params: { query: { rev } } }) : api.DELETE('/api/v1/users/{id}/absence', { params: { path: { id }, query: { rev } } })),
    onSuccess: onDone,
    onSettled: refresh,
  })
}

function useRefresh() {
  const queries = useQueryClient()
  return () => Promise.all([queries.invalidateQueries({ queryKey: ['absence'] }), queries.invalidateQueries({ queryKey: ['tasks'] })])
}
