import { queryOptions, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, tagged } from '../api/client'
import type { SetApis } from '../api/types'

/** Which APIs are offered, with the tag a change needs. */
export const offered = queryOptions({
  queryKey: ['apis', 'set'],
  queryFn: ({ signal }) => tagged(api.GET('/api/v1/apis', { signal })),
})

/** Who called lately. */
export const callers = queryOptions({
  queryKey: ['apis', 'callers'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/apis/callers', { signal })),
  refetchInterval: 30_000,
})

/** Saves the setting, unless somebody saved since it was read. */
export function useOffer(onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ set, etag }: { set: SetApis; etag: string | undefined }) =>
      tagged(api.PUT('/api/v1/apis', { params: { header: etag ? { 'If-Match': etag } : {} }, body: set })),
    onSuccess: (now) => {
      queries.setQueryData(offered.queryKey, now)
      onDone()
    },
  })
}

/** Everybody's tokens, page by page. */
export function useAllTokens() {
  return useInfiniteQuery({
    queryKey: ['tokens', 'all'],
    queryFn: ({ signal, pageParam }) => answer(api.GET('/api/v1/tokens', { signal, params: { query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  })
}

/** Ends anybody's token. */
export function useEndToken(onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: number) => answer(api.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } })),
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
  })
}
