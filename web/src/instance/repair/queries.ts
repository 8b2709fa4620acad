import { useMutation } from '@tanstack/react-query'
import { answer, api, onceKey } from '../../api/client'
import { useSay } from '../../ui/toast/toast'
import { useRefresh } from '../queries'

export interface Change {
  reason: string
  variables?: Record<string, unknown>
  outcome?: string
}

/** One thing done to an instance: what is on screen of it is read again, and done is told. */
function useDone<B>(id: number, done: string, onDone: () => void, send: (body: B) => Promise<unknown>) {
  const refresh = useRefresh(id)
  const say = useSay()
  return useMutation({
    mutationFn: send,
    onSuccess: () => {
      onDone()
      say(done)
    },
    onSettled: refresh,
  })
}

const once = (id: number) => ({ path: { id }, header: { 'Idempotency-Key': onceKey() } })

export const useHold = (id: number, done: string, onDone: () => void) => useDone(id, done, onDone, (reason: string) => answer(api.POST('/api/v1/instances/{id}/hold', { params: once(id), body: { reason } })))

export const useResume = (id: number, done: string) => useDone(id, done, () => {}, () => answer(api.POST('/api/v1/instances/{id}/resume', { params: once(id), body: {} })))

export const useEnd = (id: number, done: string, onDone: () => void) => useDone(id, done, onDone, (reason: string) => answer(api.POST('/api/v1/instances/{id}/end', { params: once(id), body: { reason } })))

export const useDelete = (id: number, done: string, onDone: () => void) => useDone(id, done, onDone, (reason: string) => answer(api.DELETE('/api/v1/instances/{id}', { params: { path: { id }, query: { reason } } })))

export const useSetData = (id: number, done: string, onDone: () => void) =>
  useDone(id, done, onDone, ({ reason, variables = {} }: Change) => answer(api.POST('/api/v1/instances/{id}/variables', { params: once(id), body: { reason, variables } })))

export interface Moving {
  reason: string
  from: string
  to: string
  all: boolean
}

export const useMove = (id: number, done: string, onDone: () => void) => useDone(id, done, onDone, (body: Moving) => answer(api.POST('/api/v1/instances/{id}/move', { params: once(id), body })))

const onceOf = (serial: string) => ({ path: { serial }, header: { 'Idempotency-Key': onceKey() } })

export const useRetryWith = (id: number, serial: string, done: string, onDone: () => void) =>
  useDone(id, done, onDone, (variables: Record<string, unknown>) => answer(api.POST('/api/v1/incidents/{serial}/retry', { params: onceOf(serial), body: { variables } })))

export const useSkip = (id: number, serial: string, done: string, onDone: () => void) =>
  useDone(id, done, onDone, (body: Change) => answer(api.POST('/api/v1/incidents/{serial}/skip', { params: onceOf(serial), body })))
