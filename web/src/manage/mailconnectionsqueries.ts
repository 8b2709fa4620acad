import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, tagged } from '../api/client'
import type { SetMailConnection } from '../api/types'

/** The mailboxes that are connected, with the tag a change needs. */
export const mailConnections = queryOptions({
  queryKey: ['mail', 'connections'],
  queryFn: ({ signal }) => tagged(api.GET('/api/v1/mail/connections', { signal })),
})

export interface NewResource {
  name: string
  tenant: string
  clientId: string
}

/** Saves a connection; before it the OAuth resource it needs, if that is a new one. */
export function useSaveConnection(onSaved: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ name, body, etag, resource }: { name: string; body: SetMailConnection; etag: string | undefined; resource?: NewResource }) => {
      if (resource) {
        const { name: id, tenant, clientId } = resource
        await answer(api.POST('/api/v1/oauth/resources', { body: { name: id, title: 'Exchange Online', type: 'entra-v2', tenant, clientId, auth: 'certificate', audience: 'https://graph.microsoft.com', scopes: ['offline_access', 'https://graph.microsoft.com/Mail.ReadWrite', 'https://graph.microsoft.com/Mail.Send'] } }))
      }
      return answer(api.PUT('/api/v1/mail/connections/{name}', { params: { path: { name }, header: etag ? { 'If-Match': etag } : {} }, body }))
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['mail'] })
      onSaved()
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['oauth'] }),
  })
}

/** Forgets a connection. */
export function useRemoveConnection(name: string, onGone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (etag: string | undefined) => answer(api.DELETE('/api/v1/mail/connections/{name}', { params: { path: { name }, header: etag ? { 'If-Match': etag } : {} } })),
    onSuccess: async () => {
      onGone()
      await queries.invalidateQueries({ queryKey: ['mail'] })
    },
  })
}

export type Try = 'check' | 'send' | 'read'

/** Walks to a mailbox, or sends or reads a mail to try. */
export function useTryConnection(name: string) {
  return useMutation({
    mutationFn: (what: Try) => {
      const params = { path: { name } }
      if (what === 'send') return answer(api.POST('/api/v1/mail/connections/{name}/test-send', { params, body: {} }))
      if (what === 'read') return answer(api.POST('/api/v1/mail/connections/{name}/test-read', { params }))
      return answer(api.POST('/api/v1/mail/connections/{name}/check', { params }))
    },
  })
}
