import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import { stateOf } from './mailwords'

const lookEvery = 20_000

/** Mails that came in, newest first, page after page. */
export function useReceived(look: boolean) {
  return useInfiniteQuery({
    queryKey: ['mail', 'received', look],
    queryFn: ({ pageParam }) => answer(api.GET('/api/v1/mail/received', { params: { query: { look, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: lookEvery,
  })
}

/** Mails on their way out, newest first, page after page. */
export function useSent(look: boolean, state: ReturnType<typeof stateOf>) {
  return useInfiniteQuery({
    queryKey: ['mail', 'sent', look, state ?? ''],
    queryFn: ({ pageParam }) => answer(api.GET('/api/v1/mail/sent', { params: { query: { look, state, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: lookEvery,
    placeholderData: (before) => before,
  })
}

export function useLookedAt(id: number, onDone: () => void) {
  return useMailAct(() => answer(api.POST('/api/v1/mail/received/{id}/looked-at', { params: { path: { id } } })), onDone)
}

export function useRelease(id: number, onDone: () => void) {
  return useMailAct(() => answer(api.POST('/api/v1/mail/sent/{id}/release', { params: { path: { id } } })), onDone)
}

export function useDrop(id: number, onDone: () => void) {
  return useMailAct(() => answer(api.POST('/api/v1/mail/sent/{id}/drop', { params: { path: { id } } })), onDone)
}

// The card stays busy until the lists have been read again: then it is gone, or says something else.
function useMailAct(act: () => Promise<unknown>, onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: act,
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ['mail'] }),
  })
}
