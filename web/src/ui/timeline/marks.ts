import type { Event } from '../../api/types'
import type { IconName } from '../icon/icon'

export interface Mark {
  icon: IconName
  tone: 'plain' | 'good' | 'bad' | 'warn'
}

const byKind: Record<string, Mark> = {
  started: { icon: 'start', tone: 'plain' },
  entered: { icon: 'right', tone: 'plain' },
  left: { icon: 'right', tone: 'plain' },
  'task offered': { icon: 'inbox', tone: 'plain' },
  'task decided': { icon: 'check', tone: 'good' },
  'task expired': { icon: 'clock', tone: 'warn' },
  'task withdrawn': { icon: 'close', tone: 'plain' },
  'task redirected': { icon: 'forward', tone: 'plain' },
  'task put to sleep': { icon: 'sleep', tone: 'plain' },
  commented: { icon: 'comment', tone: 'plain' },
  'timer set': { icon: 'clock', tone: 'plain' },
  'timer fired': { icon: 'clock', tone: 'plain' },
  'effect requested': { icon: 'mail', tone: 'plain' },
  'effect finished': { icon: 'good', tone: 'good' },
  'incident raised': { icon: 'alert', tone: 'bad' },
  'incident cleared': { icon: 'good', tone: 'good' },
  'mail sent': { icon: 'mail', tone: 'plain' },
  'mail waiting': { icon: 'clock', tone: 'plain' },
  'mail doubtful': { icon: 'mail', tone: 'warn' },
  'mail failed': { icon: 'mail', tone: 'bad' },
  ended: { icon: 'flag', tone: 'good' },
}

/** The sign of an event. A kind that is new to the page gets a plain one. */
export function markOf(event: Pick<Event, 'kind'>): Mark {
  return byKind[event.kind] ?? { icon: 'info', tone: 'plain' }
}
