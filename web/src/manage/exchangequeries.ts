import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, tagged } from '../api/client'
import type { OAuthConnect } from '../api/types'
import { aNew, connectionOf, resourceOf, serviceOf, type Connected, type Draft, type Places } from './exchangewords'

/** Where the sandbox's Entra ID and Exchange are, on a server that runs one. */
export const places = queryOptions({
  queryKey: ['sandbox', 'places'],
  queryFn: async ({ signal }): Promise<Places> => (await fetch('/sandbox/api/places', { signal })).json() as Promise<Places>,
  staleTime: Infinity,
})

/** How the mailbox is reached now, asked each time the page is opened. */
export const checked = (name: string, fresh: boolean) =>
  queryOptions({
    queryKey: ['checked', name],
    queryFn: () => answer(api.POST('/api/v1/mail/connections/{name}/check', { params: { path: { name } } })),
    ...(fresh ? { initialData: { ok: true, steps: [] } } : {}),
    staleTime: fresh ? Infinity : 0,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  })

/** Keeps the registration, and asks where the mailbox's account signs in. */
export async function beginOnline(d: Draft, at: Places | undefined, onMade: (name: string) => void): Promise<{ resource: string; connect: OAuthConnect }> {
  let resource = d.resource
  if (resource === aNew) {
    const { items } = await answer(api.GET('/api/v1/oauth/resources'))
    const { body, known } = resourceOf(d, at, items)
    resource = body.name
    if (known) {
      const { name, ...rest } = body
      const { etag } = await tagged(api.GET('/api/v1/oauth/resources/{name}', { params: { path: { name } } }))
      await answer(api.PUT('/api/v1/oauth/resources/{name}', { params: { path: { name }, header: etag ? { 'If-Match': etag } : {} }, body: rest }))
    } else {
      await answer(api.POST('/api/v1/oauth/resources', { body }))
      onMade(resource)
    }
  }
  const connect = await answer(api.POST('/api/v1/oauth/resources/{name}/connect', { params: { path: { name: resource } }, body: { for: 'service', loginHint: d.mailbox.trim() } }))
  return { resource, connect }
}

/** Makes the mailbox's connection and the service; what is there already stays. */
export function useFinish() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ draft, at, resource }: { draft: Draft; at: Places | undefined; resource: string }): Promise<Connected> => {
      const { body: mail, etag } = await tagged(api.GET('/api/v1/mail/connections'))
      const connection = connectionOf(draft, at, resource, mail.items)
      await answer(api.PUT('/api/v1/mail/connections/{name}', { params: { path: { name: connection.name }, query: { check: true }, header: etag ? { 'If-Match': etag } : {} }, body: connection.body }))
      const { items } = await answer(api.GET('/api/v1/services'))
      const service = serviceOf(draft, at, resource, items)
      if (service.body) await answer(api.POST('/api/v1/services', { body: service.body }))
      await answer(api.POST('/api/v1/services/{name}/refresh', { params: { path: { name: service.name } }, body: { apply: true } }))
      return { connection: connection.name, service: service.name, resource, address: draft.mailbox.trim() }
    },
    onSettled: () => Promise.all(['mail', 'services', 'oauth'].map((key) => queries.invalidateQueries({ queryKey: [key], predicate: (query) => query.queryKey[1] !== 'connecting' }))),
  })
}
