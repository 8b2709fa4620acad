import { useInfiniteQuery } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import type { Instance } from '../api/types'

export const statuses = ['running', 'completed', 'cancelled', 'incident'] as const
type Status = (typeof statuses)[number]

export interface InstanceFilter {
  scope: 'mine' | 'all'
  status: Status | undefined
  q: string
}

/** Reads a status out of the address. */
export function statusOf(params: URLSearchParams): Status | undefined {
  return statuses.find((status) => status === params.get('status'))
}

/** Instances, newest first, page after page. */
export function useInstances({ scope, status, q }: InstanceFilter) {
  return useInfiniteQuery({
    queryKey: ['instances', scope, status ?? '', q],
    queryFn: ({ pageParam, signal }) => answer(api.GET('/api/v1/instances', { signal, params: { query: { scope, status, q: q || undefined, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  })
}

export type Instances = ReturnType<typeof useInstances>

export function itemsOf(instances: Instances): Instance[] {
  return (instances.data?.pages ?? []).flatMap((page) => page.items)
}
