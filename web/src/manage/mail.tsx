import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { MailStatus } from '../api/types'
import { speech } from '../text/speech'
import { t } from '../text/en'
import { absolute } from '../words/time'
import { Empty } from '../ui/empty/empty'
import { Select } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { More, type Paged } from '../ui/more/more'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { Views } from '../ui/tabs/tabs'
import { ReceivedCard, SentCard } from './mailcards'
import { MailConnections } from './mailconnections'
import { useReceived, useSent } from './mailqueries'
import { mailStatus } from './mailstatus'
import { stateOf, states, viewOf, views } from './mailwords'
import './mail.css'

/** What mail did: what came in, what went out, and what a person should look at. */
export function MailPage() {
  useTitle(t.manage.mail)
  const [params] = useSearchParams()
  const status = useQuery({ ...mailStatus, refetchInterval: 20_000 })
  const view = viewOf(params)
  const waiting = status.data ? status.data.look + status.data.doubtful + status.data.failed : 0
  return (
    <>
      {status.data && <HealthBar status={status.data} />}
      <div className="mail-tools">
        <Views label={t.manage.mail} name="view" path="/manage/mail" views={views.map((id) => ({ id, label: t.mail.views[id], count: id === 'look' ? waiting : undefined }))} />
        {view === 'sent' && <StateFilter />}
      </div>
      {view === 'look' && <LookList />}
      {view === 'received' && <ReceivedList />}
      {view === 'sent' && <SentList />}
      {view === 'connections' && <MailConnections />}
    </>
  )
}

/** The server's own words when mail does not move. */
function HealthBar({ status: { health, queued } }: { status: MailStatus }) {
  if (health.off) return <Message tone="warn">{t.mail.off}</Message>
  return (
    <>
      {health.out && (
        <Message tone="bad" live>
          {t.mail.noneLeaves(...toldBy(health.out))} {queued > 0 && t.mail.queued(queued < 100 ? String(queued) : '100+', queued === 1)}
        </Message>
      )}
      {health.in && (
        <Message tone="bad" live>
          {t.mail.noneRead(...toldBy(health.in))}
        </Message>
      )}
    </>
  )
}

// Since when, and the server's words, to stand within a sentence.
function toldBy({ since, words }: { since: string; words: string }): [string, string] {
  return [absolute(new Date(since), speech), words.replace(/[.\s]+$/, '')]
}

function StateFilter() {
  const [params, setParams] = useSearchParams()
  const set = (state: string) => setParams(state === 'any' ? { view: 'sent' } : { view: 'sent', state }, { replace: true })
  const options = [{ id: 'any', label: t.mail.anyState }, ...states.map((id) => ({ id, label: t.mail.states[id] }))]
  return <Select label={t.mail.state} unseenLabel value={stateOf(params) ?? 'any'} onChange={set} options={options} />
}

function LookList() {
  const received = useReceived(true)
  const sent = useSent(true, undefined)
  const error = received.error ?? sent.error
  if (error) return <Failure error={error} retry={() => void Promise.all([received.refetch(), sent.refetch()])} />
  if (received.isPending || sent.isPending) return <Skeleton rows={3} tall />
  const [cameIn, goingOut] = [itemsOf(received), itemsOf(sent)]
  if (cameIn.length + goingOut.length === 0) return <Empty>{t.mail.noneLook}</Empty>
  return (
    <>
      {goingOut.length > 0 && (
        <Section title={t.mail.goingOut} plain>
          <Cards list={sent}>{goingOut.map((mail) => <SentCard key={mail.id} mail={mail} />)}</Cards>
        </Section>
      )}
      {cameIn.length > 0 && (
        <Section title={t.mail.cameIn} plain>
          <Cards list={received}>{cameIn.map((mail) => <ReceivedCard key={mail.id} mail={mail} />)}</Cards>
        </Section>
      )}
    </>
  )
}

function ReceivedList() {
  const received = useReceived(false)
  if (received.error) return <Failure error={received.error} retry={() => void received.refetch()} />
  if (received.isPending) return <Skeleton rows={3} tall />
  const list = itemsOf(received)
  if (list.length === 0) return <Empty icon="mail">{t.mail.noneReceived}</Empty>
  return <Cards list={received}>{list.map((mail) => <ReceivedCard key={mail.id} mail={mail} />)}</Cards>
}

function SentList() {
  const [params] = useSearchParams()
  const sent = useSent(false, stateOf(params))
  if (sent.error) return <Failure error={sent.error} retry={() => void sent.refetch()} />
  if (sent.isPending) return <Skeleton rows={3} tall />
  const list = itemsOf(sent)
  if (list.length === 0) return <Empty icon="mail">{t.mail.noneSent}</Empty>
  return <Cards list={sent}>{list.map((mail) => <SentCard key={mail.id} mail={mail} />)}</Cards>
}

function itemsOf<T>(list: { data?: { pages: readonly { items: readonly T[] }[] } | undefined }): T[] {
  return (list.data?.pages ?? []).flatMap((page) => page.items)
}

interface CardsProps {
  list: Paged
  children: React.ReactNode
}

function Cards({ list, children }: CardsProps) {
  return (
    <>
      <ul className="mails">{children}</ul>
      <More list={list} />
    </>
  )
}
