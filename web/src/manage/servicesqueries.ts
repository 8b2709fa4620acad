import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, tagged } from '../api/client'
import type { CallService, NewService, RefreshService, ServiceSettings } from '../api/types'

/** Kinds of systems that can be called. */
export const serviceTypes = queryOptions({
  queryKey: ['services', 'types'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/services/types', { signal })),
  staleTime: Infinity,
})

/** The services one may know of. */
export const services = queryOptions({
  queryKey: ['services', 'list'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/services', { signal })),
})

/** One service, with the tag a change needs. */
export const service = (name: string) =>
  queryOptions({
    queryKey: ['services', 'one', name],
    queryFn: ({ signal }) => tagged(api.GET('/api/v1/services/{name}', { signal, params: { path: { name } } })),
  })

/** What a service offers. */
export const serviceObjects = (name: string) =>
  queryOptions({
    queryKey: ['services', 'objects', name],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/services/{name}/objects', { signal, params: { path: { name } } })),
  })

/** Which steps of workflows call a service. */
export const serviceUses = (name: string) =>
  queryOptions({
    queryKey: ['services', 'uses', name],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/services/{name}/uses', { signal, params: { path: { name } } })),
  })

/** OAuth resources whose tokens a service can use. */
export const resources = queryOptions({
  queryKey: ['oauth', 'resources'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/oauth/resources', { signal })),
})

/** Makes a service, and has it say what it offers. That it cannot yet is no failure of making it. */
export function useCreateService(onMade: (name: string) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (body: NewService) => {
      const made = await answer(api.POST('/api/v1/services', { body }))
      await answer(api.POST('/api/v1/services/{name}/refresh', { params: { path: { name: made.name } }, body: { apply: true } })).catch(() => undefined)
      return made.name
    },
    onSuccess: onMade,
    onSettled: () => queries.invalidateQueries({ queryKey: ['services'] }),
  })
}

/** Saves a service, unless somebody saved it since it was read. */
export function useSaveService(name: string, onSaved: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ body, etag }: { body: ServiceSettings; etag: string | undefined }) =>
      answer(api.PUT('/api/v1/services/{name}', { params: { path: { name }, header: etag ? { 'If-Match': etag } : {} }, body })),
    onSuccess: onSaved,
    onSettled: () => queries.invalidateQueries({ queryKey: ['services'] }),
  })
}

/** Tries a service step by step; with settings, as they are typed. */
export function useTestService() {
  return useMutation({
    mutationFn: ({ name, type, settings }: { name: string; type?: string; settings?: ServiceSettings }) =>
      answer(api.POST('/api/v1/services/{name}/test', { params: { path: { name } }, body: settings && type ? { service: { type, ...settings } } : {} })),
  })
}

/** Asks a service what it offers now. */
export function useRefreshService(name: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (ask: RefreshService) => answer(api.POST('/api/v1/services/{name}/refresh', { params: { path: { name } }, body: ask })),
    onSuccess: (got) => (got.applied ? queries.invalidateQueries({ queryKey: ['services'] }) : undefined),
  })
}

/** Deletes a service. */
export function useDeleteService(name: string, onGone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ etag, anyway }: { etag: string | undefined; anyway: boolean }) =>
      answer(api.DELETE('/api/v1/services/{name}', { params: { path: { name }, header: etag ? { 'If-Match': etag } : {}, query: anyway ? { anyway } : {} } })),
    onSuccess: () => {
      onGone()
      return queries.invalidateQueries({ queryKey: services.queryKey })
    },
  })
}

/** Calls a method. */
export function useCallService(name: string, object: string, method: string) {
  return useMutation({
    mutationFn: async (body: CallService) => {
      const begun = performance.now()
      const result = await answer(api.POST('/api/v1/services/{name}/{object}/{method}', { params: { path: { name, object, method } }, body }))
      return { result, took: Math.round(performance.now() - begun) }
    },
  })
}
