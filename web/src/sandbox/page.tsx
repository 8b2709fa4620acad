import { useState } from 'react'
import { Link, Navigate, useParams, useSearchParams } from 'react-router'
import { problemOf } from '../api/problem'
import { t } from '../text/en'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Empty } from '../ui/empty/empty'
import { Icon } from '../ui/icon/icon'
import { useTitle } from '../ui/page/page'
import { Failure, ProblemCard } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { MailboxList, MessageList } from './lists'
import { MessageView } from './message'
import { useClear, useMailboxes, useMailNews, useMessage } from './queries'
import './sandbox.css'

/** Mailboxes, messages, the message: side by side where there is room, one after the other where not. */
export function SandboxPage() {
  useTitle(t.sandbox.title)
  useMailNews()
  const { mailbox, message } = useParams()
  const boxes = useMailboxes()
  if (boxes.error) {
    const off = problemOf(boxes.error).status === 404
    return <div className="page reading">{off ? <ProblemCard title={t.sandbox.off} why={t.sandbox.offWhy} /> : <Failure error={boxes.error} retry={() => void boxes.refetch()} />}</div>
  }
  if (!boxes.data) {
    return (
      <div className="page">
        <Skeleton rows={5} tall />
      </div>
    )
  }
  const box = boxes.data.find((one) => one.id === mailbox)
  if (mailbox && !box) return <ByMessage id={mailbox} />
  const level = message ? 'message' : box ? 'messages' : 'boxes'
  return (
    <div className={`post at-${level}`}>
      <h1 className="unseen">{t.sandbox.title}</h1>
      <section className="sandbox-boxes" aria-label={t.sandbox.mailboxes}>
        <header className="sandbox-head">
          <h2>{t.sandbox.title}</h2>
          <p className="small quiet">{t.sandbox.lead}</p>
        </header>
        <MailboxList boxes={boxes.data} />
        <EntraLinks />
        <div className="sandbox-foot">
          <ClearButton />
        </div>
      </section>
      <section className="sandbox-messages" aria-label={t.sandbox.messages}>
        <Back to="/sandbox" label={t.sandbox.backToMailboxes} />
        {box ? <MessageList key={box.id} box={box} /> : <NothingYet total={boxes.data.reduce((sum, one) => sum + one.total, 0)} />}
      </section>
      <section className="sandbox-message" aria-label={t.sandbox.message}>
        {box && message ? (
          <>
            <Back to={`/sandbox/${box.id}`} label={t.sandbox.backToMessages} />
            <MessageView key={message} id={message} owner={box} />
          </>
        ) : (
          box && <Empty icon="mail">{t.sandbox.pick}</Empty>
        )}
      </section>
    </div>
  )
}

// The sandbox's Entra ID has pages of its own, which are no part of this app.
function EntraLinks() {
  return (
    <nav className="sandbox-entra" aria-labelledby="sandbox-entra">
      <h2 id="sandbox-entra">{t.sandbox.entra}</h2>
      <p className="small quiet">{t.sandbox.entraLead}</p>
      <ul className="small">
        <li>
          <a href="/sandbox/entra/">{t.sandbox.registrations}</a>
        </li>
        <li>
          <a href="/sandbox/entra/#addresses">{t.sandbox.addresses}</a>
        </li>
        <li>
          <a href="/sandbox/entra/#faults">{t.sandbox.faults}</a>
        </li>
        <li>
          <a href="/sandbox/exchange/">{t.sandbox.exchange}</a>
        </li>
      </ul>
    </nav>
  )
}

function Back({ to, label }: { to: string; label: string }) {
  return (
    <Link to={to} className="page-back sandbox-back">
      <Icon name="back" />
      {label}
    </Link>
  )
}

function NothingYet({ total }: { total: number }) {
  if (total > 0) return <Empty icon="mail">{t.sandbox.pickBox}</Empty>
  return (
    <Empty
      icon="mail"
      action={
        <LinkButton to="/start" look="primary">
          {t.sandbox.startOne}
        </LinkButton>
      }
    >
      {t.sandbox.none}
    </Empty>
  )
}

// Links inside mails know the message and not its mailbox.
function ByMessage({ id }: { id: string }) {
  const message = useMessage(id)
  const [params] = useSearchParams()
  if (message.data) return <Navigate to={`/sandbox/${message.data.mailbox}/${id}?${params.toString()}`} replace />
  return <div className="page reading">{message.error ? <Failure error={message.error} action={<LinkButton to="/sandbox">{t.sandbox.title}</LinkButton>} /> : <Skeleton />}</div>
}

function ClearButton() {
  const [open, setOpen] = useState(false)
  const clear = useClear()
  const say = useSay()
  return (
    <>
      <Button look="subtle" icon="bin" onPress={() => setOpen(true)}>
        {t.sandbox.clear}
      </Button>
      <Dialog
        title={t.sandbox.clearTitle}
        open={open}
        onClose={() => setOpen(false)}
        alert
        words
        actions={
          <Button look="danger" busy={clear.isPending} onPress={() => clear.mutate(undefined, { onSuccess: () => (setOpen(false), say(t.sandbox.cleared)) })}>
            {t.sandbox.clearButton}
          </Button>
        }
      >
        <p>{t.sandbox.clearLead}</p>
        {clear.error && <Failure error={clear.error} />}
      </Dialog>
    </>
  )
}
