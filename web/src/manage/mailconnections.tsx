import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { MailConnection } from '../api/types'
import { t } from '../text/en'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Empty } from '../ui/empty/empty'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { MailConnectionForm } from './mailconnectionform'
import { mailConnections, useRemoveConnection, useTryConnection, type Try } from './mailconnectionsqueries'
import { Tested, Testing } from './servicestest'
import './entries.css'
import './services.css'

const words = t.mailConnections

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
    <LinkButton look="primary" icon="plus" to="/manage/mail?view=connections&add">
      {words.add}
    </LinkButton>
  )
  if (items.length === 0)
    return (
      <Empty icon="mail" action={add}>
        {words.empty}
      </Empty>
    )
  return (
    <Section title={words.title} plain actions={add}>
      <p className="quiet">{words.lead}</p>
      <ul className="entries">
        {items.map((c) => (
          <One key={c.name} of={c} etag={etag} />
        ))}
      </ul>
    </Section>
  )
}

function One({ of, etag }: { of: MailConnection; etag: string | undefined }) {
  const attempt = useTryConnection(of.name)
  const [removing, setRemoving] = useState(false)
  const act = (what: Try, label: string) => (
    <Button busy={attempt.isPending && attempt.variables === what} onPress={() => attempt.mutate(what)} aria-label={`${label}: ${of.from}`}>
      {label}
    </Button>
  )
  return (
    <li className="entry">
      <div className="entry-head">
        <h3 className="entry-name">{of.from}</h3>
        {of.usual && !of.off && <Badge tone="good">{words.badges.usual}</Badge>}
        {of.reads && !of.off && <Badge>{words.badges.reads}</Badge>}
        {of.off && <Badge tone="warn">{words.badges.off}</Badge>}
        {of.inFile && <Badge>{words.badges.file}</Badge>}
      </div>
      <Facts of={of} />
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
            <Button look="subtle" onPress={() => setRemoving(true)} aria-label={`${words.remove} ${of.from}`}>
              {words.remove}
            </Button>
          </>
        )}
      </div>
      <Testing on={attempt.isPending} />
      {attempt.error && <Failure error={attempt.error} />}
      {attempt.data && !attempt.isPending && <Tested result={attempt.data} />}
      <Remove of={of} etag={etag} open={removing} close={() => setRemoving(false)} />
    </li>
  )
}

function Remove({ of, etag, open, close }: { of: MailConnection; etag: string | undefined; open: boolean; close: () => void }) {
  const say = useSay()
  const remove = useRemoveConnection(of.name, () => {
    close()
    say(words.removed(of.from))
  })
  return (
    <Dialog
      title={words.removeTitle(of.from)}
      open={open}
      onClose={close}
      alert
      actions={
        <Button look="danger" busy={remove.isPending} onPress={() => remove.mutate(etag)}>
          {words.remove}
        </Button>
      }
    >
      <p>{words.removeText}</p>
      {remove.error && <Failure error={remove.error} />}
    </Dialog>
  )
}

function Facts({ of }: { of: MailConnection }) {
  const { facts } = words
  const server = of.protocol === 'smtp' ? [of.smtp?.address, of.imap?.address].filter(Boolean).join(', ') : of.server || words.microsoft
  const signsIn = of.resource ? (of.app ? words.byApp(of.resource) : words.byService(of.resource)) : words.byPassword(of.user ?? '')
  const lines: [string, string][] = [
    [facts.way, words.ways[of.protocol] ?? of.protocol],
    [facts.server, server],
    [facts.signsIn, signsIn],
    [facts.pace, words.pace(of.perMinute || 30, of.atOnce || 4)],
  ]
  if (of.mailbox) lines.push([facts.mailbox, of.mailbox])
  if (of.workflows?.length) lines.push([facts.workflows, of.workflows.join(', ')])
  return (
    <dl className="entry-facts">
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
