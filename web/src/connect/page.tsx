import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useParams } from 'react-router'
import { useMe } from '../shell/session'
import { connectionsWords } from '../text/connections'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Message } from '../ui/message/message'
import { Page, Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { ConnectButton } from './connect'
import { myConnections, wants } from './queries'

const words = connectionsWords.connect

/** The page behind a mail's button: one account to connect, for work that waits. */
export function ConnectPage() {
  const { need = '' } = useParams()
  const admin = useMe().admin
  const mine = useQuery(myConnections)
  const all = useQuery({ ...wants, enabled: admin })
  const [done, setDone] = useState('')
  const error = mine.error ?? all.error
  const loading = mine.isPending || (admin && all.isPending)
  const wanted = [...(mine.data?.wanted ?? []), ...(all.data?.items ?? [])].find((one) => one.name === need)
  const title = wanted?.title ?? ''
  return (
    <Page title={words.title} width="reading">
      {error && <Failure error={error} retry={() => void Promise.all([mine.refetch(), all.refetch()])} />}
      {loading && !error && <Skeleton rows={2} />}
      {done && !wanted && (
        <Message tone="good" live>
          {words.done(done, '')} {words.goOn}
        </Message>
      )}
      {!loading && !error && !wanted && !done && <Empty action={<LinkButton to="/me">{words.toMe}</LinkButton>}>{words.nothing}</Empty>}
      {wanted && (
        <Section title={title}>
          <p>{wanted.for === 'me' ? connectionsWords.waiting.own(wanted.title, wanted.why) : wanted.why}</p>
          {wanted.for === 'app' ? (
            <>
              <p>{words.repair}</p>
              <div>
                <LinkButton to={`/manage/oauth/${wanted.resource}`}>{title}</LinkButton>
              </div>
            </>
          ) : (
            <>
              <p className="quiet">{words.lead}</p>
              {wanted.for === 'service' && <Message>{words.service}</Message>}
              <ConnectButton
                resource={wanted.resource}
                title={title}
                look="primary"
                body={{ for: wanted.for === 'service' ? 'service' : 'me', ...(wanted.audience ? { audience: wanted.audience } : {}), ...(wanted.claims ? { claims: wanted.claims } : {}) }}
                onDone={() => setDone(title)}
              />
            </>
          )}
        </Section>
      )}
    </Page>
  )
}
