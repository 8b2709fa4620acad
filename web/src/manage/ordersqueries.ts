import { queryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import type { Bulk, BulkItem, Incident, NewBulk } from '../api/types'

const mostIncidents = 1000

/** Open incidents, newest first, up to a thousand. whole says whether that is all of them. */
export const openIncidents = queryOptions({
  queryKey: ['incidents', 'open'],
  queryFn: async ({ signal }) => {
    const items: Incident[] = []
    let cursor: string | undefined
    do {
      const page: { items: Incident[]; next?: string } = await answer(api.GET('/api/v1/incidents', { signal, params: { query: { limit: 200, cursor } } }))
      items.push(...page.items)
      cursor = page.next
    } while (cursor && items.length < mostIncidents)
    return { items, whole: !cursor }
  },
})

export interface NewOrder {
  do: NewBulk['do']
  workflow: string
  step: string
  code: string
  reason?: string
  outcome?: string
}

/** Gives an order for all incidents of a kind. */
export function useOrder(onDone: (order: Bulk) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewOrder) => answer(api.POST('/api/v1/bulk', { body })),
    onSuccess: onDone,
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['orders'] }), queries.invalidateQueries({ queryKey: ['incidents'] })]),
  })
}

export function useOrders() {
  return useInfiniteQuery({
    queryKey: ['orders'],
    queryFn: ({ pageParam, signal }) => answer(api.GET('/api/v1/bulk', { signal, params: { query: { limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  })
}

const lookAgain = 1000

/** How far an order is, asked every second while it goes on. */
export function useOneOrder(id: number) {
  return useQuery({
    queryKey: ['orders', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/bulk/{id}', { signal, params: { path: { id } } })),
    refetchInterval: ({ state }) => (state.data?.ended ? false : lookAgain),
  })
}

export type ItemState = BulkItem['state']
export const itemStates: readonly ItemState[] = ['failed', 'done', 'passed', 'waiting']

/** What became of each. It is read again with every step the order makes. */
export function useOrderItems(id: number, state: ItemState | undefined, step: number) {
  return useInfiniteQuery({
    queryKey: ['orders', id, 'items', state ?? '', step],
    queryFn: ({ pageParam, signal }) => answer(api.GET('/api/v1/bulk/{id}/items', { signal, params: { path: { id }, query: { limit: 100, cursor: pageParam, ...(state ? { state } : {}) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  })
}

export function useStopOrder(id: number) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => answer(api.POST('/api/v1/bulk/{id}/stop', { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['orders', id] }),
  })
}

/** Takes back those of a migration that have not moved on. */
export function useUndo(id: number, onDone: (order: Bulk) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (reason: string) => answer(api.POST('/api/v1/bulk/{id}/undo', { params: { path: { id } }, body: { reason } })),
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ['orders'] }),
  })
}
