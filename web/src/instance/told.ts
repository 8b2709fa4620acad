import type { Event, InstanceMail } from '../api/types'
import { speech } from '../text/speech'
import { t } from '../text/en'
import { called, namesInWords } from '../words/person'

/**
 * What happened with the mails among it, in the order of time. Mails that went
 * out one after the other about the same thing are one moment. While there is
 * more to load, what is later than the last event has to wait for its place.
 */
export function withMails(events: readonly Event[], mails: readonly InstanceMail[], whole: boolean): Event[] {
  const last = events[events.length - 1]
  const moments = [...events.map((event) => ({ at: Date.parse(event.at), event })), ...mails.map((mail) => ({ at: Date.parse(mail.since), mail }))]
  const out: Event[] = []
  let run: InstanceMail[] = []
  const close = () => {
    if (run.length > 0) out.push(momentOf(run))
    run = []
  }
  for (const moment of moments.sort((a, b) => a.at - b.at)) {
    if ('event' in moment) {
      close()
      out.push(moment.event)
      continue
    }
    if (!whole && last && moment.at > Date.parse(last.at)) break
    if (run[0] && !together(run[0], moment.mail)) close()
    run.push(moment.mail)
  }
  close()
  return out
}

function together(a: InstanceMail, b: InstanceMail): boolean {
  return arrived(a) && arrived(b) && a.purpose === b.purpose && a.task === b.task
}

function arrived({ state, bounce }: InstanceMail): boolean {
  return state === 'sent' && !bounce
}

// Events are numbered from one, so a mail goes by its number below zero.
function momentOf(mails: readonly InstanceMail[]): Event {
  const [first] = mails as [InstanceMail]
  return { seq: -first.id, at: first.since, ...wordsOf(first, mails) }
}

function wordsOf(mail: InstanceMail, all: readonly InstanceMail[]): Pick<Event, 'kind' | 'text'> {
  const words = t.instance.mails
  const name = nameOf(mail)
  if (mail.bounce) return { kind: 'mail failed', text: words.bounced(name, mail.bounce) }
  switch (mail.state) {
    case 'failed':
      return { kind: 'mail failed', text: words.failed(name, mail.error ?? '') }
    case 'doubtful':
      return { kind: 'mail doubtful', text: words.doubtful(name) }
    case 'sending':
      return { kind: 'mail waiting', text: words.sending(name) }
    case 'queued':
      return { kind: 'mail waiting', text: mail.error ? words.late(name, mail.error) : words.queued(name) }
  }
  const names = namesInWords(
    all.map((one) => ({ name: nameOf(one) })),
    speech.locale,
    t.common.others,
  )
  if (mail.purpose === 'email') return { kind: 'mail sent', text: words.mailed(names) }
  return { kind: 'mail sent', text: mail.purpose === 'answer' ? words.answered(names) : words.told(names, all.length) }
}

function nameOf({ to, address }: Pick<InstanceMail, 'to' | 'address'>): string {
  return to ? called(to) : address
}

/** Whether a mail may still change by itself. */
export function onItsWay(mails: readonly InstanceMail[]): boolean {
  return mails.some(({ state }) => state === 'queued' || state === 'sending' || state === 'doubtful')
}
