import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { MailConnection } from '../api/types'
import { exchangeWords } from '../text/exchange'
import { mailConnectionWords } from '../text/mailconnections'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { Entries, Entry, Fact, Facts, Remove } from './entries'
import { MailConnectionForm } from './mailconnectionform'
import { mailConnections, useRemoveConnection, useTryConnection, type Try } from './mailconnectionsqueries'
import { plainFrom } from './mailconnectionswords'
import { Tested, Testing } from './servicestest'

const words = mailConnectionWords

/** The mailboxes that the server's mail goes by. */
export function MailConnections() {
  const [params] = useSearchParams()
  const list = useQuery(mailConnections)
  if (list.error) return <Failure error={list.error} retry={() => void list.refetch()} />
  if (!list.data) return <Skeleton rows={2} tall />
  const { items } = list.data.body
  const { etag } = list.data
  const one = items.find((c) => c.name === params.get('change') && !c.inFile)
  if (one || params.has('add')) return <MailConnectionForm key={one?.name ?? ''} was={one} all={items} etag={etag} />
  const add = (
    <div className="row">
      <LinkButton look="primary" icon="plus" to="/manage/mail?view=connections&add">
        {words.add}
      </LinkButton>
      <LinkButton to="/manage/exchange">{exchangeWords.addTitle}</LinkButton>
    </div>
  )
  return (
    <Entries title={words.title} lead={words.lead} empty={words.empty} icon="mail" add={add}>
      {items.map((c) => (
        <One key={c.name} of={c} etag={etag} />
      ))}
    </Entries>
  )
}

function One({ of, etag }: { of: MailConnection; etag: string | undefined }) {
  const attempt = useTryConnection(of.name)
  const act = (what: Try, label: string) => (
    <Button busy={attempt.isPending && attempt.variables === what} onPress={() => attempt.mutate(what)} aria-label={`${label}: ${of.from}`}>
      {label}
    </Button>
  )
  return (
    <Entry name={plainFrom(of.from)} badges={<Badges of={of} />}>
      <ConnectionFacts of={of} />
      {of.inFile && <p className="quiet">{words.inFile}</p>}
      <div className="row">
        {act('check', words.check)}
        {act('send', words.testSend)}
        {(of.protocol !== 'smtp' || of.imap) && act('read', words.testRead)}
        {!of.inFile && (
          <>
            <LinkButton to={`/manage/mail?view=connections&change=${of.name}`} aria-label={`${words.change} ${of.from}`}>
              {words.change}
            </LinkButton>
            <RemoveConnection of={of} etag={etag} />
          </>
        )}
      </div>
      <Testing on={attempt.isPending} />
      {attempt.error && <Failure error={attempt.error} />}
      {attempt.data && !attempt.isPending && <Tested result={attempt.data} />}
    </Entry>
  )
}

function Badges({ of }: { of: MailConnection }) {
  return (
    <>
      {of.usual && !of.off && <Badge tone="good">{words.badges.usual}</Badge>}
      {of.reads && !of.off && <Badge>{words.badges.reads}</Badge>}
      {of.off && <Badge tone="warn">{words.badges.off}</Badge>}
      {of.inFile && <Badge>{words.badges.file}</Badge>}
    </>
  )
}

function RemoveConnection({ of, etag }: { of: MailConnection; etag: string | undefined }) {
  const say = useSay()
  const remove = useRemoveConnection(of.name, () => say(words.removed(of.from)))
  return <Remove title={words.removeTitle(of.from)} lead={words.removeText} label={words.remove} named={`${words.remove} ${of.from}`} busy={remove.isPending} error={remove.error} remove={() => remove.mutate(etag)} reset={remove.reset} />
}

function ConnectionFacts({ of }: { of: MailConnection }) {
  const { facts } = words
  const server = of.protocol === 'smtp' ? [of.smtp?.address, of.imap?.address].filter(Boolean).join(', ') : of.server || words.microsoft
  const signsIn = of.resource ? (of.app ? words.byApp(of.resource) : words.byService(of.resource)) : words.byPassword(of.user ?? '')
  return (
    <Facts>
      <Fact name={facts.way}>{words.ways[of.protocol] ?? of.protocol}</Fact>
      <Fact name={facts.server}>{server}</Fact>
      <Fact name={facts.signsIn}>{signsIn}</Fact>
      <Fact name={facts.pace}>{words.pace(of.perMinute || 30, of.atOnce || 4)}</Fact>
      {of.mailbox && <Fact name={facts.mailbox}>{of.mailbox}</Fact>}
      {of.workflows && of.workflows.length > 0 && <Fact name={facts.workflows}>{of.workflows.join(', ')}</Fact>}
    </Facts>
  )
}
