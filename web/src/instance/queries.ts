import { queryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api, onceKey } from '../api/client'
import type { InstanceMail } from '../api/types'
import { onItsWay } from './told'

/** One instance: where it is, what it holds. */
export function useInstance(id: number) {
  return useQuery({
    queryKey: ['instance', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/instances/{id}', { signal, params: { path: { id } } })),
  })
}

/** The diagram it runs. A version never changes, so once is enough. */
export function useInstanceDiagram(id: number, wanted = true) {
  return useQuery({
    queryKey: ['diagram', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/instances/{id}/bpmn', { signal, params: { path: { id } }, parseAs: 'text' })) as Promise<string>,
    staleTime: Infinity,
    enabled: wanted,
  })
}

/** Who or what it waits for. Servers come and go without an event of this instance, so it is asked again now and then. */
export function whyWaiting(id: number) {
  return queryOptions({
    queryKey: ['instance', id, 'why'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/instances/{id}/waiting', { signal, params: { path: { id } } })),
    refetchInterval: 30_000,
  })
}

/** What happened, oldest first, page after page. */
export function useHistory(id: number, wanted = true) {
  return useInfiniteQuery({
    queryKey: ['instance', id, 'history'],
    queryFn: ({ pageParam, signal }) => answer(api.GET('/api/v1/instances/{id}/history', { signal, params: { path: { id }, query: { limit: 200, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    enabled: wanted,
  })
}

const mostMails = 1000
const mailPatience = 3_000

/** The mails about it, up to a thousand. Read again while one is on its way: no event tells when it is sent. */
export function useInstanceMails(id: number) {
  return useQuery({
    queryKey: ['instance', id, 'mails'],
    queryFn: async () => {
      const mails: InstanceMail[] = []
      let cursor: string | undefined
      do {
        const page: { items: InstanceMail[]; next?: string } = await answer(api.GET('/api/v1/instances/{id}/mails', { params: { path: { id }, query: { limit: 200, cursor } } }))
        mails.push(...page.items)
        cursor = page.next
      } while (cursor && mails.length < mostMails)
      return mails
    },
    refetchInterval: ({ state }) => (onItsWay(state.data ?? []) ? mailPatience : false),
  })
}

export function useCommentInstance(id: number) {
  const refresh = useRefresh(id)
  return useMutation({
    mutationFn: (text: string) => answer(api.POST('/api/v1/instances/{id}/comments', { params: { path: { id }, header: { 'Idempotency-Key': onceKey() } }, body: { text } })),
    onSettled: refresh,
  })
}

export function useCancel(id: number, onDone: () => void) {
  const refresh = useRefresh(id)
  return useMutation({
    mutationFn: (reason: string) =>
      answer(api.POST('/api/v1/instances/{id}/cancel', { params: { path: { id }, header: { 'Idempotency-Key': onceKey() } }, body: reason.trim() ? { reason: reason.trim() } : {} })),
    onSuccess: onDone,
    onSettled: refresh,
  })
}

/** Tries a failed step again. What comes of it is heard, not assumed. */
export function useRetry(instance: number, serial: string) {
  const refresh = useRefresh(instance)
  return useMutation({
    mutationFn: () => answer(api.POST('/api/v1/incidents/{serial}/retry', { params: { path: { serial }, header: { 'Idempotency-Key': onceKey() } }, body: {} })),
    onSettled: refresh,
  })
}

/** Lets a step that waits for a connection look again whether it is there. */
export function useTryStep(instance: number) {
  const refresh = useRefresh(instance)
  return useMutation({
    mutationFn: (serial: string) => answer(api.POST('/api/v1/steps/{serial}/retry', { params: { path: { serial } } })),
    onSettled: refresh,
  })
}

/** Everything that may be another once something was done to an instance. */
export function useRefresh(id: number) {
  const queries = useQueryClient()
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['instance', id] }),
      queries.invalidateQueries({ queryKey: ['instances'] }),
      queries.invalidateQueries({ queryKey: ['incidents'] }),
      queries.invalidateQueries({ queryKey: ['tasks'] }),
    ])
}
