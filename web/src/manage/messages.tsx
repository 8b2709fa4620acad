import { Link, useSearchParams } from 'react-router'
import { sentence } from '../api/problem'
import type { Message } from '../api/types'
import { eventsWords } from '../text/events'
import { called } from '../words/person'
import { Badge, type Tone } from '../ui/badge/badge'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Message as Bar } from '../ui/message/message'
import { More } from '../ui/more/more'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { Views } from '../ui/tabs/tabs'
import { When } from '../ui/when/when'
import { Entry, Fact, Facts } from './entries'
import { messageStates, useMessages } from './messagesqueries'

const words = eventsWords.messages
const views = (['all', ...messageStates] as const).map((id) => ({ id, label: words.views[id] }))
const tones: Record<Message['state'], Tone> = { waiting: 'info', missed: 'warn', delivered: 'good', sent: 'neutral' }

/** What was sent to requests, and what became of it: those that wait and those nobody wanted say what came near. */
export function MessagesPage() {
  useTitle(words.title)
  const [params] = useSearchParams()
  const state = messageStates.find((one) => one === params.get('state'))
  const messages = useMessages(state)
  const list = (messages.data?.pages ?? []).flatMap((page) => page.items)
  return (
    <Section title={words.title} plain>
      <p className="quiet">{words.lead}</p>
      <Views label={words.title} name="state" path="/manage/messages" views={views} />
      {messages.error && <Failure error={messages.error} retry={() => void messages.refetch()} />}
      {messages.isPending && <Skeleton rows={3} tall />}
      {messages.data && !messages.error && list.length === 0 && (
        <Empty icon="mail" action={state && <LinkButton to="/manage/messages">{words.all}</LinkButton>}>
          {state ? words.noneOf : words.none}
        </Empty>
      )}
      <ul className="entries">
        {list.map((message) => (
          <One key={message.number} of={message} />
        ))}
      </ul>
      <More list={messages} />
    </Section>
  )
}

function One({ of }: { of: Message }) {
  return (
    <Entry
      name={of.name}
      badges={
        <>
          {of.kind === 'signal' ? <Badge>{words.signal}</Badge> : <span className="quiet">{of.key ? `${words.key} ${of.key}` : words.noKey}</span>}
          {of.kind === 'message' && <Badge tone={tones[of.state]}>{words.states[of.state]}</Badge>}
        </>
      }
    >
      <Facts>
        <Fact name={words.by}>
          {of.sender ? called(of.sender) : of.from ? <Link to={`/requests/${of.from.split('_')[0]}`}>{words.byWorkflow(of.from)}</Link> : ''}, <When at={of.came} />
        </Fact>
        {of.state === 'waiting' && of.until && (
          <Fact name={words.until}>
            <When at={of.until} />
          </Fact>
        )}
        {of.instance !== undefined && of.instance > 0 && (
          <Fact name={words.has}>
            <Link to={`/requests/${of.instance}`}>{words.request(of.instance)}</Link>
            {of.begun && `, ${words.begun}`}
          </Fact>
        )}
        {of.told !== undefined && <Fact name={words.has}>{words.told(of.told)}</Fact>}
        {of.id && (
          <Fact name={words.id} mono>
            {of.id}
          </Fact>
        )}
        {of.problem && (
          <Fact name={words.problem}>
            <span className="entry-bad">{sentence(of.problem)}</span>
          </Fact>
        )}
      </Facts>
      {of.near && <NearMisses near={of.near} />}
    </Entry>
  )
}

function NearMisses({ near }: { near: NonNullable<Message['near']> }) {
  return (
    <Bar tone="warn">
      {near.meant && <p>{words.meant(near.meant)}</p>}
      {near.waits.map((wait) => (
        <p key={`${wait.instance} ${wait.step}`}>
          <Link to={`/requests/${wait.instance}`}>{words.request(wait.instance)}</Link> {words.nearKey(wait.key)} <When at={wait.since} />.
        </p>
      ))}
    </Bar>
  )
}
