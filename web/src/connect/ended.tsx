import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useLocation } from 'react-router'
import { connectionsWords } from '../text/connections'
import { Button } from '../ui/button/button'
import { Message } from '../ui/message/message'
import { Page } from '../ui/page/page'
import { channelName } from './channel'
import { otherAccount, Refused } from './connect'
import { connecting } from './queries'

const words = connectionsWords.ended

/** Where the provider's window ends: it tells the page that opened it, and closes itself. */
export function ConnectedPage() {
  const state = new URLSearchParams(useLocation().hash.slice(1)).get('state') ?? ''
  const fares = useQuery(connecting(state))
  const status = fares.data?.status
  const other = status === 'failed' && fares.data?.problem?.code === otherAccount
  useEffect(() => {
    if (!state || status === undefined || status === 'waiting') return
    const channel = new BroadcastChannel(channelName)
    channel.postMessage(state)
    channel.close()
    if (status === 'done' || other) window.close() // only a window that a page opened closes
  }, [state, status, other])
  const title = other ? words.otherTitle : status === 'failed' || state === '' || fares.error ? words.failedTitle : status === 'done' ? words.title : words.waitTitle
  return (
    <Page title={title} width="reading">
      {(state === '' || fares.error) && <Message tone="warn">{words.over}</Message>}
      {state !== '' && !fares.error && (status === undefined || status === 'waiting') && <p role="status">{words.wait}</p>}
      {status === 'done' && (
        <Message tone="good" live>
          {connectionsWords.connect.done(fares.data?.resource ?? '', fares.data?.account ?? '')} {words.closes}
        </Message>
      )}
      {other && (
        <Message tone="warn" live>
          <p>{connectionsWords.connect.otherTitle(fares.data?.account ?? '')}</p>
          <p>{connectionsWords.connect.answerThere}</p>
        </Message>
      )}
      {status === 'failed' && !other && fares.data?.problem && <Refused why={fares.data.problem} />}
      <div>
        <Button onPress={() => window.close()}>{words.close}</Button>
      </div>
    </Page>
  )
}
