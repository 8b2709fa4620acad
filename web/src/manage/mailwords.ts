import type { ReceivedMail, SentMail } from '../api/types'
import { t } from '../text/en'
import type { Tone } from '../ui/badge/badge'
import type { IconName } from '../ui/icon/icon'

export const views = ['look', 'received', 'sent', 'connections'] as const
export const states = ['queued', 'sending', 'doubtful', 'sent', 'failed', 'bounced'] as const

/** Reads a view out of the address. */
export function viewOf(params: URLSearchParams): (typeof views)[number] {
  return views.find((view) => view === params.get('view')) ?? 'look'
}

/** Reads a state out of the address. */
export function stateOf(params: URLSearchParams): (typeof states)[number] | undefined {
  return states.find((state) => state === params.get('state'))
}

export interface Sign {
  words: string
  tone: Tone
  icon: IconName
}

const plain: Pick<Sign, 'tone' | 'icon'> = { tone: 'neutral', icon: 'info' }
const good: Pick<Sign, 'tone' | 'icon'> = { tone: 'good', icon: 'check' }
const odd: Pick<Sign, 'tone' | 'icon'> = { tone: 'warn', icon: 'alert' }
const bad: Pick<Sign, 'tone' | 'icon'> = { tone: 'bad', icon: 'alert' }

const verdicts: Record<string, Pick<Sign, 'tone' | 'icon'>> = {
  decided: good,
  redirected: good,
  shared: good,
  'put to sleep': good,
  unclear: odd,
  refused: odd,
  unreadable: odd,
  'no task': odd,
  'several tasks': odd,
  bounce: bad,
  'sender not proven': bad,
  'not the recipient': bad,
  failed: bad,
}

/** What became of a mail that came in. A verdict that is new to the page stands as it is. */
export function verdictSign({ verdict }: Pick<ReceivedMail, 'verdict'>): Sign {
  return { words: t.mail.verdicts[verdict] ?? verdict, ...(verdicts[verdict] ?? plain) }
}

/** Where a mail is on its way out. One that came back had been sent. */
export function sentSign({ state, bounce }: Pick<SentMail, 'state' | 'bounce'>): Sign {
  if (bounce) return { words: t.mail.states.bounced, ...bad }
  const words = t.mail.states[state]
  if (state === 'sent') return { words, ...good }
  if (state === 'failed') return { words, ...bad }
  if (state === 'doubtful') return { words, ...odd }
  return { words, tone: 'neutral', icon: 'clock' }
}

/** What there is to say about a mail on its way out beside its state. */
export function sentWords({ state, error, bounce, due }: Pick<SentMail, 'state' | 'error' | 'bounce' | 'due'>): (string | undefined)[] {
  if (bounce) return [t.mail.cameBack(bounce)]
  if (state === 'sent') return []
  if (state !== 'doubtful') return [error]
  return due ? [error, t.mail.searching] : [error || t.mail.doubt]
}
