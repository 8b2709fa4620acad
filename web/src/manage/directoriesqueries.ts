import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, tagged } from '../api/client'
import type { Directory, MadeScimToken, SyncDirectory } from '../api/types'

/** The directories, with the tag a change needs; asked again while one is read. */
export const directories = queryOptions({
  queryKey: ['directories', 'set'],
  queryFn: ({ signal }) => tagged(api.GET('/api/v1/directories', { signal })),
  refetchInterval: (query) => (query.state.data?.body.status.some((one) => one.last?.state === 'running') ? 1000 : 30_000),
})

/** One directory with its syncs. */
export const directory = (name: string) =>
  queryOptions({
    queryKey: ['directories', 'one', name],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/directories/{name}', { signal, params: { path: { name } } })),
    refetchInterval: (query) => (query.state.data?.last?.state === 'running' ? 1000 : 30_000),
  })

/** Where a SCIM client writes to, and its tokens. */
export const scimTokens = (name: string) =>
  queryOptions({
    queryKey: ['directories', 'tokens', name],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/directories/{name}/tokens', { signal, params: { path: { name } } })),
  })

/** Makes a token; what comes back is shown once. */
export function useMakeScimToken(name: string, onMade: (made: MadeScimToken) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => answer(api.POST('/api/v1/directories/{name}/tokens', { params: { path: { name } }, body: {} })),
    onSuccess: onMade,
    onSettled: () => queries.invalidateQueries({ queryKey: scimTokens(name).queryKey }),
  })
}

/** Ends a token at once. */
export function useEndScimToken(name: string, onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: number) => answer(api.DELETE('/api/v1/directories/{name}/tokens/{id}', { params: { path: { name, id } } })),
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: scimTokens(name).queryKey }),
  })
}

/** Saves all directories, unless somebody saved since they were read. */
export function useDirectories(onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ all, etag }: { all: Directory[]; etag: string | undefined }) =>
      tagged(api.PUT('/api/v1/directories', { params: { header: etag ? { 'If-Match': etag } : {} }, body: { directories: all } })),
    onSuccess: (now) => {
      queries.setQueryData(directories.queryKey, now)
      onDone()
    },
  })
}

/** Tries a directory as it is typed, step by step. */
export function useTestDirectory() {
  return useMutation({
    mutationFn: (directory: Directory) => answer(api.POST('/api/v1/directories/{name}/test', { params: { path: { name: directory.name || 'new' } }, body: { directory } })),
  })
}

/** Begins a sync or a preview. */
export function useSync(name: string, onBegun: (ask: SyncDirectory) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (ask: SyncDirectory) => answer(api.POST('/api/v1/directories/{name}/sync', { params: { path: { name } }, body: ask })),
    onSuccess: (_, ask) => onBegun(ask),
    onSettled: () => queries.invalidateQueries({ queryKey: ['directories'] }),
  })
}
