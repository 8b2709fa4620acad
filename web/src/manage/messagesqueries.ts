import { queryOptions, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import type { Message } from '../api/types'

export const messageStates = ['waiting', 'missed', 'delivered', 'sent'] as const

/** Messages and signals, newest first. No event tells of them, so they are asked for now and then. */
export function useMessages(state: Message['state'] | undefined) {
  return useInfiniteQuery({
    queryKey: ['messages', state ?? ''],
    queryFn: ({ pageParam, signal }) => answer(api.GET('/api/v1/messages', { signal, params: { query: { limit: 50, cursor: pageParam, ...(state ? { state } : {}) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
    refetchInterval: 30_000,
  })
}

export const schedules = queryOptions({
  queryKey: ['schedules'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/schedules', { signal })),
  refetchInterval: 60_000,
})

interface Which {
  workflow: string
  step: string
}

export function usePause(onDone: (paused: boolean) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ paused, ...path }: Which & { paused: boolean }) =>
      answer(paused ? api.POST('/api/v1/schedules/{workflow}/{step}/pause', { params: { path } }) : api.POST('/api/v1/schedules/{workflow}/{step}/resume', { params: { path } })),
    onSuccess: (_, { paused }) => onDone(paused),
    onSettled: () => queries.invalidateQueries({ queryKey: ['schedules'] }),
  })
}
