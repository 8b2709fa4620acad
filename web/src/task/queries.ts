import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api, onceKey, tagged } from '../api/client'
import { problemOf } from '../api/problem'
import { called } from '../words/person'
import { standInWords } from '../text/standin'
import { t } from '../text/en'
import { useSay } from '../ui/toast/toast'

/** One task with its ETag, so that only what was seen is decided. */
export function useTask(serial: string) {
  return useQuery({
    queryKey: ['task', serial],
    queryFn: ({ signal }) => tagged(api.GET('/api/v1/tasks/{serial}', { signal, params: { path: { serial } } })),
  })
}

export interface Decision {
  action: string
  comment: string
  variables: Record<string, unknown>
  etag: string | undefined
  /** Stays the same when the same decision is sent again. */
  once: string
}

// What follows from a success hangs on the mutation, not on the press: the event
// that tells every page of it may take the form away before the answer is here.

/** Decides a task. A lost race leaves the task as it is now on the page, with who was faster. */
export function useDecide(serial: string, onDone: (action: string) => void) {
  const refresh = useRefresh(serial)
  return useMutation({
    mutationFn: ({ action, comment, variables, etag, once }: Decision) =>
      answer(
        api.POST('/api/v1/tasks/{serial}/decision', {
          params: { path: { serial }, header: { 'Idempotency-Key': once, 'If-Match': etag } },
          body: {
            action,
            ...(comment.trim() ? { comment: comment.trim() } : {}),
            ...(Object.keys(variables).length > 0 ? { variables } : {}),
          },
        }),
      ),
    onSuccess: (_done, { action }) => onDone(action),
    onSettled: (_done, error) => {
      if (!error || lostRace(error)) return refresh()
    },
  })
}

/** Somebody else got there first, or the task changed under our eyes. */
export function lostRace(error: unknown): boolean {
  const { status } = problemOf(error)
  return status === 404 || status === 409 || status === 412
}

/** Everything else one can do with a task. What takes it away from us says so in passing, and calls onLeft. */
export function useMoves(serial: string, onLeft: () => void) {
  const refresh = useRefresh(serial)
  const say = useSay()
  const path = { serial }
  const once = () => ({ path, header: { 'Idempotency-Key': onceKey() } })
  const settle = { onSettled: refresh }
  return {
    claim: useMutation({ mutationFn: () => answer(api.POST('/api/v1/tasks/{serial}/claim', { params: once() })), ...settle }),
    release: useMutation({ mutationFn: () => answer(api.POST('/api/v1/tasks/{serial}/release', { params: once() })), ...settle }),
    wake: useMutation({ mutationFn: () => answer(api.POST('/api/v1/tasks/{serial}/wake', { params: once() })), ...settle }),
    redirect: useMutation({
      mutationFn: (body: { to: string; from?: string; comment?: string }) => answer(api.POST('/api/v1/tasks/{serial}/redirect', { params: once(), body })),
      onSuccess: (_done, { to }) => {
        say(t.task.redirected(called({ name: to })))
        onLeft()
      },
      ...settle,
    }),
    share: useMutation({
      mutationFn: (body: { to: string; comment?: string }) => answer(api.POST('/api/v1/tasks/{serial}/share', { params: once(), body })),
      onSuccess: (_done, { to }) => say(t.task.shared(called({ name: to }))),
      ...settle,
    }),
    withdraw: useMutation({
      mutationFn: (body: { outcome: string; comment: string }) => answer(api.POST('/api/v1/tasks/{serial}/withdraw', { params: once(), body })),
      onSuccess: () => say(standInWords.withdraw.done),
      ...settle,
    }),
    sleep: useMutation({
      mutationFn: (until: Date) => answer(api.POST('/api/v1/tasks/{serial}/sleep', { params: once(), body: { until: until.toISOString() } })),
      onSuccess: () => {
        say(t.task.slept)
        onLeft()
      },
      ...settle,
    }),
    ask: useMutation({
      mutationFn: (body: { text: string; to?: string }) => answer(api.POST('/api/v1/tasks/{serial}/questions', { params: once(), body })),
      onSuccess: () => say(t.task.asked),
      ...settle,
    }),
    reply: useMutation({
      mutationFn: ({ number, text }: { number: number; text: string }) =>
        answer(api.POST('/api/v1/tasks/{serial}/questions/{number}/reply', { params: { ...once(), path: { serial, number } }, body: { text } })),
      ...settle,
    }),
    comment: useMutation({
      mutationFn: (text: string) => answer(api.POST('/api/v1/tasks/{serial}/comments', { params: once(), body: { text } })),
      ...settle,
    }),
  }
}

export type Moves = ReturnType<typeof useMoves>

function useRefresh(serial: string) {
  const queries = useQueryClient()
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['task', serial] }),
      queries.invalidateQueries({ queryKey: ['tasks'] }),
      queries.invalidateQueries({ queryKey: ['instance', Number(serial.split('_')[0])] }),
    ])
}
