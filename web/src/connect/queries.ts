import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'

/** What one has connected, can connect, and is asked to connect. */
export const myConnections = queryOptions({
  queryKey: ['oauth', 'mine'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/me/connections', { signal })),
})

/** What is wanted of anybody, for administrators. */
export const wants = queryOptions({
  queryKey: ['oauth', 'wants'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/oauth/wants', { signal })),
})

const waitingEvery = 60_000

/** The connections that work waits for and that one can give. Events of instances make it stale. */
export const waitingConnections = queryOptions({
  queryKey: ['instances', 'connections'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/me/waiting-connections', { signal, params: { query: { limit: 20 } } })),
  refetchInterval: waitingEvery,
})

const lookEvery = 1500

/** How a connecting fares. It is asked again until it has ended. */
export const connecting = (state: string) =>
  queryOptions({
    queryKey: ['oauth', 'connecting', state],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/oauth/connect/{state}', { signal, params: { path: { state } } })),
    enabled: state !== '',
    refetchInterval: (query) => (query.state.data?.status === 'waiting' ? lookEvery : false),
  })

/** Forgets one of one's connections. */
export function useDisconnect(onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: number) => answer(api.DELETE('/api/v1/me/connections/{id}', { params: { path: { id } } })),
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ['oauth'] }),
  })
}
