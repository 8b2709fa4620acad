import { queryOptions, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, tagged } from '../api/client'
import type { TrustedIssuer } from '../api/types'

/** Whose tokens count, with the tag a change needs. */
export const trusted = queryOptions({
  queryKey: ['trust', 'set'],
  queryFn: ({ signal }) => tagged(api.GET('/api/v1/trust', { signal })),
})

/** What is known of the issuers' keys. */
export const trustKeys = queryOptions({
  queryKey: ['trust', 'keys'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/trust/keys', { signal })),
  refetchInterval: 30_000,
})

/** An entry filled in from what somebody has at hand. */
export const proposal = (from: string, audiences: readonly string[]) =>
  queryOptions({
    queryKey: ['trust', 'proposal', from, ...audiences],
    queryFn: ({ signal }) => answer(api.POST('/api/v1/trust/propose', { signal, body: { from, audiences: [...audiences] } })),
    enabled: from !== '',
    retry: false,
    staleTime: 60_000,
  })

/** Saves all entries, unless somebody saved since they were read. */
export function useTrust(onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ issuers, etag }: { issuers: TrustedIssuer[]; etag: string | undefined }) =>
      tagged(api.PUT('/api/v1/trust', { params: { header: etag ? { 'If-Match': etag } : {} }, body: { issuers } })),
    onSuccess: (now) => {
      queries.setQueryData(trusted.queryKey, now)
      void queries.invalidateQueries({ queryKey: ['trust', 'keys'] })
      onDone()
    },
  })
}

export function useRefreshKeys(onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (issuer: string) => answer(api.POST('/api/v1/trust/keys/refresh', { body: { issuer } })),
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ['trust', 'keys'] }),
  })
}

/** Those who asked to come in, newest first, page after page. */
export function useNewcomers(refused: boolean) {
  return useInfiniteQuery({
    queryKey: ['newcomers', refused],
    queryFn: ({ pageParam }) => answer(api.GET('/api/v1/newcomers', { params: { query: { refused, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  })
}

/** How many wait, up to a page of them. */
export const waitingNewcomers = queryOptions({
  queryKey: ['newcomers', 'count'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/newcomers', { signal, params: { query: { limit: 50 } } })),
})

export type Answering = { id: number } & ({ act: 'admit' | 'refuse' | 'again' } | { act: 'link'; person: string })

/** Answers somebody who asked to come in. */
export function useAnswerNewcomer(onDone: (name: string) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (what: Answering) => {
      const params = { path: { id: what.id } }
      if (what.act === 'admit') return called(await answer(api.POST('/api/v1/newcomers/{id}/admit', { params })))
      if (what.act === 'link') return called(await answer(api.POST('/api/v1/newcomers/{id}/link', { params, body: { person: what.person } })))
      await answer(api.POST('/api/v1/newcomers/{id}/refuse', { params, body: { again: what.act === 'again' } }))
      return ''
    },
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ['newcomers'] }),
  })
}

const called = (user: { name?: string; login?: string }) => user.name || user.login || ''

/** What was changed, newest first, page after page. */
export function useChanges(what: string) {
  return useInfiniteQuery({
    queryKey: ['changes', what],
    queryFn: ({ pageParam }) => answer(api.GET('/api/v1/changes', { params: { query: { what: what || undefined, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  })
}
