import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, tagged } from '../api/client'
import type { NewOAuthResource, OAuthType, SetOAuthResource } from '../api/types'

/** Kinds of providers. */
export const oauthTypes = queryOptions({
  queryKey: ['oauth', 'types'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/oauth/types', { signal })),
})

/** All resources. */
export const oauthResources = queryOptions({
  queryKey: ['oauth', 'resources'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/oauth/resources', { signal })),
})

/** One resource, with the tag a change needs. */
export const oauthResource = (name: string) =>
  queryOptions({
    queryKey: ['oauth', 'resource', name],
    queryFn: ({ signal }) => tagged(api.GET('/api/v1/oauth/resources/{name}', { signal, params: { path: { name } } })),
  })

/** Tokens, of one resource or of all. */
export const oauthTokens = (resource: string) =>
  infiniteQueryOptions({
    queryKey: ['oauth', 'tokens', resource],
    queryFn: ({ signal, pageParam }) =>
      answer(api.GET('/api/v1/oauth/tokens', { signal, params: { query: { ...(resource ? { resource } : {}), ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
  })

function useFresh() {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: ['oauth'] })
}

/** Makes a resource, or changes one that is as it was seen. */
export function useSaveResource(onSaved: (name: string) => void) {
  const fresh = useFresh()
  return useMutation({
    mutationFn: ({ body, change }: { body: NewOAuthResource; change?: { etag: string | undefined } }) => {
      const { name, ...rest } = body
      if (!change) return answer(api.POST('/api/v1/oauth/resources', { body }))
      return answer(api.PUT('/api/v1/oauth/resources/{name}', { params: { path: { name }, header: change.etag ? { 'If-Match': change.etag } : {} }, body: rest satisfies SetOAuthResource }))
    },
    onSuccess: async (saved) => {
      await fresh()
      onSaved(saved.name)
    },
  })
}

/** Forgets a resource with all its tokens. */
export function useRemoveResource(name: string, onGone: () => void) {
  const fresh = useFresh()
  return useMutation({
    mutationFn: (etag: string | undefined) => answer(api.DELETE('/api/v1/oauth/resources/{name}', { params: { path: { name }, header: etag ? { 'If-Match': etag } : {} } })),
    onSuccess: () => {
      onGone()
      return fresh()
    },
  })
}

/** Asks the provider whether it knows this server. */
export function useCheckResource(name: string) {
  const fresh = useFresh()
  return useMutation({
    mutationFn: () => answer(api.POST('/api/v1/oauth/resources/{name}/check', { params: { path: { name } } })),
    onSuccess: fresh,
  })
}

/** Keeps a kind of provider, instead of the one of its name if there is one. */
export function useSaveType(onSaved: () => void) {
  const fresh = useFresh()
  return useMutation({
    mutationFn: (body: OAuthType) => answer(api.POST('/api/v1/oauth/types', { body })),
    onSuccess: async () => {
      await fresh()
      onSaved()
    },
  })
}

/** Removes a kind of provider that no resource is of. */
export function useRemoveType(onGone: () => void) {
  const fresh = useFresh()
  return useMutation({
    mutationFn: (name: string) => answer(api.DELETE('/api/v1/oauth/types/{name}', { params: { path: { name } } })),
    onSuccess: () => {
      onGone()
      return fresh()
    },
  })
}

/** Makes the next certificate. */
export function useMakeCertificate(name: string, onMade: () => void) {
  const fresh = useFresh()
  return useMutation({
    mutationFn: () => answer(api.POST('/api/v1/oauth/resources/{name}/certificate', { params: { path: { name } } })),
    onSuccess: () => {
      onMade()
      return fresh()
    },
  })
}

/** Gets a token for the application itself. */
export function useGetApp(name: string) {
  const fresh = useFresh()
  return useMutation({
    mutationFn: () => answer(api.POST('/api/v1/oauth/resources/{name}/connect', { params: { path: { name } }, body: { for: 'app' } })),
    onSettled: fresh,
  })
}

/** Forgets a token. */
export function useDeleteToken(onGone: () => void) {
  const fresh = useFresh()
  return useMutation({
    mutationFn: (id: number) => answer(api.DELETE('/api/v1/oauth/tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => {
      onGone()
      return fresh()
    },
  })
}
