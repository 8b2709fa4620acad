import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, tagged } from '../api/client'
import type { AddSignIn, SignInProvider, SignInSettings } from '../api/types'

/** How people sign in, with the tag a change needs. */
export const signInSetting = queryOptions({
  queryKey: ['sign-in', 'setting'],
  queryFn: ({ signal }) => tagged(api.GET('/api/v1/signin', { signal })),
})

/** What a test of a provider found out. */
export const signInTest = (test: string) =>
  queryOptions({
    queryKey: ['sign-in', 'test', test],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/signin/test', { signal, params: { query: { test } } })),
    retry: false,
    staleTime: Infinity,
  })

/** A provider without its last secret: what is saved keeps it. */
export type Wanted = Pick<SignInSettings, 'providers' | 'local'> & { commandLine?: SignInSettings['commandLine'] }

/** Saves the setting, unless somebody saved since it was read. */
export function useSaveSignIn(onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ wanted, etag }: { wanted: Wanted; etag: string | undefined }) =>
      tagged(api.PUT('/api/v1/signin', { params: { header: etag ? { 'If-Match': etag } : {} }, body: wanted })),
    onSuccess: (now) => {
      queries.setQueryData(signInSetting.queryKey, now)
      void queries.invalidateQueries({ queryKey: ['sign-in', 'options'] })
      onDone()
    },
  })
}

/** Adds a provider; the server finds out the rest. */
export function useAddSignIn(onDone: (added: SignInProvider | undefined) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: AddSignIn) => tagged(api.POST('/api/v1/signin/providers', { body })),
    onSuccess: (now) => {
      queries.setQueryData(signInSetting.queryKey, now)
      void queries.invalidateQueries({ queryKey: ['sign-in', 'options'] })
      onDone(now.body.providers.at(-1))
    },
  })
}

/** What an error of a provider means. */
export function useExplain() {
  return useMutation({
    mutationFn: (body: { provider: string; text: string }) => answer(api.POST('/api/v1/signin/explain', { body })),
  })
}
