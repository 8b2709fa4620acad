import { useState } from 'react'
import { Link } from 'react-router'
import type { ReceivedMail, SentMail } from '../api/types'
import { sentence } from '../api/problem'
import { t } from '../text/en'
import { called } from '../words/person'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Evidence } from '../ui/evidence/evidence'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { useDrop, useLookedAt, useRelease } from './mailqueries'
import { sentSign, sentWords, verdictSign, type Sign } from './mailwords'

interface CardProps {
  sign: Sign
  at: string
  subject: string
  /** From whom or to whom. */
  who: React.ReactNode
  /** What happened, in sentences. */
  words: string
  mail: Pick<ReceivedMail, 'task' | 'instance'>
  actions?: React.ReactNode
  children?: React.ReactNode
}

function Card({ sign, at, subject, who, words, mail, actions, children }: CardProps) {
  return (
    <li className="mail">
      <p className="mail-top">
        <Badge tone={sign.tone} icon={sign.icon}>
          {sign.words}
        </Badge>
        <span className="quiet small nowrap">
          <When at={at} />
        </span>
      </p>
      <p className="mail-subject">{subject || t.mail.noSubject}</p>
      <p className="mail-who quiet small">{who}</p>
      {words && <p className="mail-words">{words}</p>}
      {children}
      <div className="mail-foot">
        {actions}
        {mail.task && <Link to={`/tasks/${mail.task}`}>{t.mail.openTask}</Link>}
        {mail.instance && <Link to={`/requests/${mail.instance}`}>{t.mail.openRequest}</Link>}
      </div>
    </li>
  )
}

/** A mail that came in, with what became of it and why. */
export function ReceivedCard({ mail }: { mail: ReceivedMail }) {
  const say = useSay()
  const looked = useLookedAt(mail.id, () => say(t.mail.lookedDone))
  return (
    <Card
      sign={verdictSign(mail)}
      at={mail.at}
      subject={mail.subject}
      who={mail.for ? `${t.mail.from(mail.from)}, ${t.mail.about(called(mail.for))}` : t.mail.from(mail.from)}
      words={sentence(mail.detail)}
      mail={mail}
      actions={
        mail.look && (
          <Button icon="check" onPress={() => looked.mutate()} busy={looked.isPending}>
            {t.mail.looked}
          </Button>
        )
      }
    >
      <Evidence of={mail.evidence} />
      {looked.error && <Failure error={looked.error} />}
    </Card>
  )
}

/** A mail on its way out, with what can be done when it does not get there. */
export function SentCard({ mail }: { mail: SentMail }) {
  const say = useSay()
  const drop = useDrop(mail.id, () => say(t.mail.dropped))
  const waits = mail.state === 'queued' && mail.attempts > 0
  return (
    <Card
      sign={sentSign(mail)}
      at={mail.since}
      subject={mail.subject}
      who={
        <>
          {t.mail.to(mail.to)} · {t.mail.purposes[mail.purpose]}
          {(waits || mail.look) && ` · ${t.mail.attempts(mail.attempts)}`}
          {waits && mail.due && (
            <>
              , {t.mail.next} <When at={mail.due} />
            </>
          )}
        </>
      }
      words={sentence(...sentWords(mail))}
      mail={mail}
      actions={
        <>
          {(mail.state === 'failed' || mail.state === 'doubtful') && <ReleaseButton mail={mail} />}
          {(mail.look || mail.state === 'queued') && (
            <Button icon="close" onPress={() => drop.mutate()} busy={drop.isPending}>
              {t.mail.drop}
            </Button>
          )}
        </>
      }
    >
      {drop.error && <Failure error={drop.error} />}
    </Card>
  )
}

// A mail that has failed did not arrive; one in doubt may have, so that one asks first.
function ReleaseButton({ mail }: { mail: SentMail }) {
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const release = useRelease(mail.id, () => {
    setAsking(false)
    say(t.mail.released)
  })
  const doubtful = mail.state === 'doubtful'
  return (
    <>
      <Button icon="retry" onPress={() => (doubtful ? setAsking(true) : release.mutate())} busy={release.isPending}>
        {t.mail.release}
      </Button>
      {release.error && !asking && <Failure error={release.error} />}
      <Dialog
        title={t.mail.releaseTitle}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        cancelText={t.mail.releaseKeep}
        actions={
          <Button look="primary" onPress={() => release.mutate()} busy={release.isPending}>
            {t.mail.release}
          </Button>
        }
      >
        <p>{t.mail.releaseLead(mail.to)}</p>
        {release.error && <Failure error={release.error} />}
      </Dialog>
    </>
  )
}
