import { queryOptions, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, tagged } from '../../api/client'
import type { Grant } from '../../api/types'

export type Kind = 'groups' | 'roles'

const pageOf = { initialPageParam: undefined as string | undefined, getNextPageParam: (page: { next?: string }) => page.next }

export const shows = ['all', 'on', 'off', 'admin', 'app', 'local'] as const
export type Show = (typeof shows)[number]

const filters = {
  all: {},
  on: { disabled: 'false', kind: 'person' },
  off: { disabled: 'true' },
  admin: { admin: 'true' },
  app: { kind: 'app' },
  local: { source: 'local' },
} as const

/** Accounts, page after page, as the server finds them. */
export function useUsers(q: string, show: Show) {
  return useInfiniteQuery({
    queryKey: ['users', 'list', q, show],
    queryFn: ({ pageParam, signal }) => answer(api.GET('/api/v1/users', { signal, params: { query: { q, limit: 50, cursor: pageParam, ...filters[show] } } })),
    placeholderData: (before) => before,
    ...pageOf,
  })
}

export const user = (id: string) =>
  queryOptions({
    queryKey: ['users', 'one', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/users/{id}', { signal, params: { path: { id } } })),
  })

export const userLinks = (id: string) =>
  queryOptions({
    queryKey: ['users', 'links', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/users/{id}/links', { signal, params: { path: { id } } })),
  })

export const userSessions = (id: string) =>
  queryOptions({
    queryKey: ['users', 'sessions', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/users/{id}/sessions', { signal, params: { path: { id } } })),
  })

/** Groups or roles, page after page. */
export function useGroups(kind: Kind, q: string) {
  return useInfiniteQuery({
    queryKey: ['groups', kind, q],
    queryFn: ({ pageParam, signal }) => answer(api.GET(`/api/v1/${kind}`, { signal, params: { query: { q, limit: 50, cursor: pageParam } } })),
    placeholderData: (before) => before,
    ...pageOf,
  })
}

export const group = (kind: Kind, id: string) =>
  queryOptions({
    queryKey: ['groups', 'one', id],
    queryFn: ({ signal }) => answer(api.GET(`/api/v1/${kind}/{id}`, { signal, params: { path: { id } } })),
  })

export const groupLinks = (id: string) =>
  queryOptions({
    queryKey: ['groups', 'links', id],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/groups/{id}/links', { signal, params: { path: { id } } })),
  })

/** People who are in a group by any way. */
export function useEverybodyIn(kind: Kind, id: string) {
  return useInfiniteQuery({
    queryKey: ['groups', 'in', id],
    queryFn: ({ pageParam, signal }) => answer(api.GET(`/api/v1/${kind}/{id}/members`, { signal, params: { path: { id }, query: { limit: 50, cursor: pageParam } } })),
    ...pageOf,
  })
}

export const categories = queryOptions({
  queryKey: ['categories'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/categories', { signal })),
})

/** Where rights are kept: "server", "category:HR", "workflow:leave". */
export type Place = string

/** The rights on a place, with the tag they are replaced by. */
export const rights = (on: Place) =>
  queryOptions({
    queryKey: ['rights', on],
    queryFn: async ({ signal }) => {
      const { body, etag } = await tagged(getRights(on, signal))
      return { grants: body.items, etag }
    },
  })

function getRights(on: Place, signal: AbortSignal) {
  const name = on.slice(on.indexOf(':') + 1)
  if (on === 'server') return api.GET('/api/v1/rights', { signal })
  if (on.startsWith('category:')) return api.GET('/api/v1/categories/{name}/rights', { signal, params: { path: { name } } })
  if (on.startsWith('service:')) return api.GET('/api/v1/services/{name}/rights', { signal, params: { path: { name } } })
  return api.GET('/api/v1/workflows/{id}/rights', { signal, params: { path: { id: name } } })
}

interface Rights {
  grants: { who: string; right: string }[]
  etag: string | undefined
}

function putRights(on: Place, { grants, etag }: Rights) {
  const name = on.slice(on.indexOf(':') + 1)
  const header = etag ? { 'If-Match': etag } : {}
  const body = { grants: grants as { who: string; right: never }[] }
  if (on === 'server') return api.PUT('/api/v1/rights', { params: { header }, body })
  if (on.startsWith('category:')) return api.PUT('/api/v1/categories/{name}/rights', { params: { header, path: { name } }, body })
  if (on.startsWith('service:')) return api.PUT('/api/v1/services/{name}/rights', { params: { header, path: { name } }, body })
  return api.PUT('/api/v1/workflows/{id}/rights', { params: { header, path: { id: name } }, body })
}

/** Replaces the rights on a place, as they were seen. */
export function useSaveRights(on: Place, onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (rights: Rights) => answer<{ items: Grant[] }>(putRights(on, rights)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['rights'] })
      onDone()
    },
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['categories'] }), queries.invalidateQueries({ queryKey: ['me'] }), queries.invalidateQueries({ queryKey: ['workflows'] }), queries.invalidateQueries({ queryKey: ['services'] })]),
  })
}

/** Something that changes people or groups; the lists are read again after it. */
export function usePeopleAct<T, R>(act: (value: T) => Promise<R>, onDone: (result: R, value: T) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: act,
    onSuccess: onDone,
    onSettled: () => Promise.all(['users', 'groups', 'people'].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  })
}

export interface Question {
  person: string
  right: string
  thing: string
}

/** Why somebody may do something, or not. */
export const why = ({ person, right, thing }: Question) =>
  queryOptions({
    queryKey: ['why', person, right, thing],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/rights/why', { signal, params: { query: { person, thing, ...(right ? { right } : {}) } } })),
    enabled: person !== '' && thing !== '',
    staleTime: 0,
    retry: false,
  })
