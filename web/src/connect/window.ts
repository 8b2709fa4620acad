import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { OAuthConnect, OAuthConnecting, OAuthProblem } from '../api/types'
import { channelName } from './channel'
import { connecting } from './queries'

/** An account that is being connected in a window of its provider. */
export interface ProviderWindow {
  /** Opens the window and asks where it is to go. To be called while a press is handled. */
  begin: (ask: () => Promise<OAuthConnect>, inWindow?: boolean) => void
  /** It is asked where to go. */
  beginning: boolean
  begun: OAuthConnect | undefined
  /** The person is busy at the provider. */
  waiting: boolean
  /** The window seems to have been closed; some providers hide theirs. */
  closed: boolean
  /** Opens the window anew. */
  again: () => void
  /** The browser opened no window. */
  blocked: boolean
  status: OAuthConnecting['status'] | undefined
  account: string
  problem: OAuthProblem | undefined
  error: Error | null
  stop: () => void
}

/**
 * The window is opened at once, while the browser knows that somebody pressed a
 * button. It may lose its tie to this page on its way (Cross-Origin-Opener-Policy),
 * so this page hears of the end from the window's last page, or from the server.
 */
export function useProviderWindow(onDone?: () => void): ProviderWindow {
  const queries = useQueryClient()
  const ask = useMutation({ mutationFn: (wanted: () => Promise<OAuthConnect>) => wanted() })
  const [begun, setBegun] = useState<OAuthConnect>()
  const [blocked, setBlocked] = useState(false)
  const [closed, setClosed] = useState(false)
  const shown = useRef<Window | null>(null)
  const last = useRef<Parameters<ProviderWindow['begin']>>(undefined)
  const state = begun?.state ?? ''
  const fares = useQuery(connecting(state))
  const status = fares.data?.status
  useEffect(() => {
    if (!state) return undefined
    const channel = new BroadcastChannel(channelName)
    channel.onmessage = (event) => {
      if (event.data === state) void queries.invalidateQueries({ queryKey: connecting(state).queryKey })
    }
    return () => channel.close()
  }, [state, queries])
  useEffect(() => {
    if (status !== 'done') return
    void queries.invalidateQueries({ queryKey: ['oauth'], predicate: (query) => query.queryKey[1] !== 'connecting' })
    onDone?.()
    // eslint-disable-next-line
  }, [status, state])
  const waiting = begun !== undefined && (status === undefined || status === 'waiting') && !fares.error
  useEffect(() => {
    if (!waiting) return undefined
    const timer = setInterval(() => setClosed(shown.current?.closed === true), 1000)
    return () => clearInterval(timer)
  }, [waiting])
  const begin = (wanted: () => Promise<OAuthConnect>, inWindow = true) => {
    const opened = inWindow ? window.open('', '_blank', 'popup,width=560,height=720') : null
    last.current = [wanted, inWindow]
    shown.current?.close()
    shown.current = opened
    setClosed(false)
    setBegun(undefined)
    ask.mutate(wanted, {
      onSuccess: (got) => {
        setBegun(got)
        setBlocked(inWindow && opened === null)
        if (opened && got.address) {
          opened.opener = null // what is shown there is not to lead this page anywhere
          opened.location.replace(got.address)
        }
      },
      onError: () => opened?.close(),
    })
  }
  return {
    begin,
    beginning: ask.isPending,
    begun,
    waiting,
    closed,
    again: () => last.current && begin(...last.current),
    blocked,
    status,
    account: fares.data?.account ?? '',
    problem: fares.data?.problem,
    error: ask.error ?? fares.error,
    stop: () => setBegun(undefined),
  }
}
