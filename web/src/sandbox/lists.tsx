import { NavLink } from 'react-router'
import { t } from '../text/en'
import { Coin } from '../ui/coin/coin'
import { More } from '../ui/more/more'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { senderName } from './mailwords'
import { useMessages, type Mailbox, type Summary } from './queries'

/** The mailboxes, with what is unread. */
export function MailboxList({ boxes }: { boxes: readonly Mailbox[] }) {
  return (
    <ul>
      {boxes.map((box) => (
        <li key={box.id}>
          <NavLink to={`/sandbox/${box.id}`} className="mailbox">
            <Coin person={{ id: box.address ?? box.id, name: box.name }} size="small" />
            <span className="mailbox-words">
              <span>{box.name}</span>
              <span className="small quiet">{box.address}</span>
            </span>
            {box.unread > 0 && (
              <span className="mailbox-count">
                {box.unread} <span className="unseen">{t.sandbox.unread}</span>
              </span>
            )}
          </NavLink>
        </li>
      ))}
    </ul>
  )
}

/** The mails of one mailbox, newest first. */
export function MessageList({ box }: { box: Mailbox }) {
  const messages = useMessages(box.id)
  if (messages.error) return <Failure error={messages.error} retry={() => void messages.refetch()} />
  if (messages.isPending) return <Skeleton rows={4} tall />
  const list = messages.data.pages.flatMap((page) => page.items ?? [])
  if (list.length === 0) return <p className="quiet mail-none">{t.sandbox.noneOf(box.name)}</p>
  return (
    <>
      <ul>
        {list.map((message) => (
          <li key={message.id}>
            <MessageRow message={message} />
          </li>
        ))}
      </ul>
      <More list={messages} />
    </>
  )
}

function MessageRow({ message }: { message: Summary }) {
  return (
    <NavLink to={`/sandbox/${message.mailbox}/${message.id}`} className={message.read ? 'mail-row' : 'mail-row new'}>
      <span className="mail-row-top">
        <span className="mail-row-from">{senderName(message.from) || t.sandbox.noSender}</span>
        <span className="small quiet nowrap">
          <When at={message.at} />
        </span>
      </span>
      <span className="mail-row-subject">
        {!message.read && <span className="unseen">{t.sandbox.unread}: </span>}
        {message.subject || t.sandbox.noSubject}
      </span>
      {message.folder !== 'INBOX' && <span className="small quiet">{message.folder}</span>}
    </NavLink>
  )
}
