import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { ConnectOAuth, OAuthConnect, OAuthProblem } from '../api/types'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Message } from '../ui/message/message'
import { Failure, ProblemCard } from '../ui/problem/problem'
import { channelName } from './channel'
import { connecting, useConnect } from './queries'
import './connect.css'

const words = t.connections.connect

interface Props {
  resource: string
  title: string
  body: ConnectOAuth
  label?: string
  look?: 'primary' | 'plain'
  onDone?: () => void
}

/**
 * A button that connects an account. The window is opened at once, while the
 * browser knows that somebody pressed a button. It may lose its tie to this page
 * on its way (Cross-Origin-Opener-Policy), so this page hears of the end from the
 * window's last page, or from the server.
 */
export function ConnectButton({ resource, title, body, label, look = 'plain', onDone }: Props) {
  const begin = useConnect()
  const queries = useQueryClient()
  const [begun, setBegun] = useState<OAuthConnect>()
  const [blocked, setBlocked] = useState(false)
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
  }, [status])
  const press = () => {
    const opened = body.device ? null : window.open('', '_blank', 'popup,width=560,height=720')
    begin.mutate(
      { resource, body },
      {
        onSuccess: (got) => {
          setBegun(got)
          setBlocked(!body.device && opened === null)
          if (opened && got.address) opened.location.replace(got.address)
        },
        onError: () => opened?.close(),
      },
    )
  }
  const waiting = begun !== undefined && (status === undefined || status === 'waiting') && !fares.error
  return (
    <div className="stack connect">
      {!waiting && status !== 'done' && (
        <div>
          <Button look={look} icon="forward" busy={begin.isPending} onPress={press}>
            {label ?? words.button(title)}
          </Button>
        </div>
      )}
      {begin.error && <Failure error={begin.error} />}
      {fares.error && <Failure error={fares.error} />}
      <div role="status">
        {waiting && (
          <>
            {begun.device ? <Device of={begun.device} /> : <p className="quiet">{words.waiting}</p>}
            {blocked && begun.address && (
              <p>
                {words.blocked}{' '}
                <a href={begun.address} target="_blank" rel="noopener noreferrer">
                  {words.openLink}
                </a>
              </p>
            )}
          </>
        )}
        {status === 'done' && <Message tone="good">{words.done(title, fares.data?.account ?? '')}</Message>}
      </div>
      {waiting && (
        <div>
          <Button look="subtle" onPress={() => setBegun(undefined)}>
            {words.cancel}
          </Button>
        </div>
      )}
      {status === 'failed' && fares.data?.problem && <Refused why={fares.data.problem} />}
    </div>
  )
}

function Device({ of }: { of: NonNullable<OAuthConnect['device']> }) {
  return (
    <>
      <p>{words.device}</p>
      <p className="connect-code mono">{of.code}</p>
      <p>
        {words.enterAt}{' '}
        <a href={of.direct ?? of.address} target="_blank" rel="noopener noreferrer">
          {of.address}
        </a>
      </p>
    </>
  )
}

/** Why an account was not connected, and who can do something about it. */
export function Refused({ why }: { why: OAuthProblem }) {
  const facts: [string, string][] = [['', why.code], ...(why.trace ? [[words.trace, why.trace] as [string, string]] : [])]
  return (
    <ProblemCard title={words.failed} why={sentence(why.detail)} facts={facts}>
      {why.said && <p className="quiet">{why.said}</p>}
      {why.advice && <p>{sentence(why.advice)}</p>}
      {why.who && words.who[why.who] && <p>{words.who[why.who]}</p>}
    </ProblemCard>
  )
}

export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
