import { Link } from 'react-router'
import type { Waiting } from '../api/types'
import { t } from '../text/en'
import { Section } from '../ui/page/page'
import { mailsAbout } from './mailwords'
import { useMailboxes, useMailNews, useNewest } from './queries'
import { QuickReplies } from './reply'

const lookAt = 10

/** Beside a running request, while the sandbox is on: the mails it waits for, to be answered in one press. */
export function SandboxMails({ waiting }: { waiting: readonly Waiting[] }) {
  useMailNews()
  const boxes = useMailboxes().data ?? []
  const people = waiting.flatMap((one) => one.for ?? [])
  const ids = boxes.filter((box) => people.some((person) => person.email === box.address)).map((box) => box.id)
  const newest = useNewest(ids, lookAt)
  const found = mailsAbout(
    waiting.flatMap((one) => (one.task ? [one.task] : [])),
    newest.data ?? [],
  )
  if (found.length === 0) return null
  return (
    <Section title={t.sandbox.title}>
      {found.map(({ serial, message }) => (
        <div key={serial} className="sandbox-mail">
          <p>
            {t.sandbox.mailWaits(boxes.find((box) => box.id === message.mailbox)?.name ?? message.mailbox)} <Link to={`/sandbox/${message.mailbox}/${message.id}`}>{message.subject}</Link>
          </p>
          <QuickReplies message={message} look="plain" />
        </div>
      ))}
    </Section>
  )
}
