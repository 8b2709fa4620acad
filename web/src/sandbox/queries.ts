import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import createClient from 'openapi-fetch'
import { useEffect } from 'react'
import { answer } from '../api/client'
import { pace } from '../api/pace'
import { share } from '../api/share'
import { useMe } from '../shell/session'
import type { components, paths } from './schema'

export type Mailbox = components['schemas']['Mailbox']
export type Summary = components['schemas']['Summary']
export type Message = components['schemas']['Message']

const gatherFor = 60
const restFor = 440

const mail = createClient<paths>({ credentials: 'same-origin' })

const message = (id: string, signal: AbortSignal) => answer(mail.GET('/sandbox/api/messages/{id}', { signal, params: { path: { id } } }))

export function useMailboxes() {
  return useQuery({ queryKey: ['mail', 'boxes'], queryFn: async ({ signal }) => (await answer(mail.GET('/sandbox/api/mailboxes', { signal }))).items ?? [] })
}

export function useMessages(mailbox: string | undefined) {
  return useInfiniteQuery({
    queryKey: ['mail', 'box', mailbox],
    queryFn: ({ pageParam, signal }) => answer(mail.GET('/sandbox/api/messages', { signal, params: { query: { mailbox: mailbox ?? '', cursor: pageParam, limit: 50 } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    enabled: mailbox !== undefined,
  })
}

/** The newest messages of some mailboxes, whole: to find the one about a task. */
export function useNewest(mailboxes: readonly string[], most: number) {
  const queries = useQueryClient()
  return useQuery({
    queryKey: ['mail', 'newest', mailboxes, most],
    queryFn: async ({ signal }) => {
      const lists = await Promise.all(mailboxes.map((mailbox) => answer(mail.GET('/sandbox/api/messages', { signal, params: { query: { mailbox, limit: most } } }))))
      const all = lists.flatMap((list) => list.items ?? [])
      // What a mail says never changes: each is read once, however often the lists are.
      return Promise.all(all.map(({ id }) => queries.ensureQueryData({ queryKey: ['mail-words', id], queryFn: ({ signal }) => message(id, signal), staleTime: Infinity })))
    },
    enabled: mailboxes.length > 0,
  })
}

export function useMessage(id: string | undefined) {
  return useQuery({
    queryKey: ['mail', 'message', id],
    queryFn: ({ signal }) => message(id ?? '', signal),
    enabled: id !== undefined,
  })
}

export function useRaw(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ['mail', 'raw', id],
    queryFn: ({ signal }) => answer(mail.GET('/sandbox/api/messages/{id}/raw', { signal, params: { path: { id } }, parseAs: 'text' })) as unknown as Promise<string>,
    enabled: wanted,
  })
}

export function htmlAddress(id: string): string {
  return `/sandbox/api/messages/${encodeURIComponent(id)}/html`
}

/** Answers a mail. What follows hangs on the mutation: the event of the answer may take the button away first. */
export function useReply(id: string, onSent: (text: string) => void) {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: (text: string) => answer(mail.POST('/sandbox/api/messages/{id}/reply', { params: { path: { id } }, body: { text, style: 'plain' } })),
    onSuccess: (_done, text) => onSent(text),
    onSettled: refresh,
  })
}

export function useMarkRead(message: Summary | undefined) {
  const refresh = useRefresh()
  const { mutate } = useMutation({
    mutationFn: (id: string) => answer(mail.POST('/sandbox/api/messages/{id}/read', { params: { path: { id } } })),
    onSuccess: refresh,
  })
  const id = message && !message.read ? message.id : undefined
  useEffect(() => {
    if (id) mutate(id)
  }, [id, mutate])
}

export function useClear() {
  const refresh = useRefresh()
  return useMutation({ mutationFn: () => answer(mail.DELETE('/sandbox/api/messages')), onSettled: refresh })
}

function useRefresh() {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: ['mail'] })
}

/** Shows mail as it arrives. */
export function useMailNews() {
  const queries = useQueryClient()
  const { id: person } = useMe()
  useEffect(() => {
    const source = share('/sandbox/api/events', person, ['changed'])
    const { ask, stop } = pace(() => void queries.invalidateQueries({ queryKey: ['mail'] }), gatherFor, restFor)
    source.addEventListener('changed', ask)
    source.addEventListener('resync', ask)
    return () => {
      stop()
      source.close()
    }
  }, [queries, person])
}
