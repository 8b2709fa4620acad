import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'

/** How long a workflow keeps what has ended; keep asks what another rule would mean. */
export const retention = (key: string, keep?: number) =>
  queryOptions({
    queryKey: ['retention', key, keep ?? 'set'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/workflows/{id}/retention', { signal, params: { path: { id: key }, query: keep === undefined ? {} : { keep } } })),
  })

/** Changes how long a workflow keeps what has ended. */
export function useKeep(key: string, onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (keepDays: number) => answer(api.PUT('/api/v1/workflows/{id}/retention', { params: { path: { id: key } }, body: { keepDays } })),
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ['retention', key] }),
  })
}
