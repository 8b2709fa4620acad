import { describe, expect, it } from 'vitest'
import type { Event, InstanceMail } from '../api/types'
import { onItsWay, withMails } from './told'

const minute = (n: number) => new Date(Date.UTC(2026, 10, 23, 8, n)).toISOString()
const event = (seq: number, at: number): Event => ({ seq, at: minute(at), kind: 'entered', text: `event ${seq}` })
const mail = (id: number, at: number, more: Partial<InstanceMail> = {}): InstanceMail => ({
  id,
  purpose: 'notify',
  state: 'sent',
  address: `p${id}@contoso.test`,
  task: '1_2',
  created: minute(at),
  since: minute(at),
  ...more,
})
const told = (events: readonly Event[], mails: readonly InstanceMail[], whole = true) => withMails(events, mails, whole).map(({ text }) => text)

describe('mails among what happened', () => {
  it('stand at their time', () => {
    expect(told([event(1, 1), event(2, 3)], [mail(7, 2)])).toEqual(['event 1', 'p7@contoso.test was told by mail', 'event 2'])
  })
  it('come after what happened in the same moment', () => {
    expect(told([event(1, 1)], [mail(7, 1)])[0]).toBe('event 1')
  })
  it('are one moment when they went out together about one task', () => {
    expect(told([], [mail(7, 1), mail(8, 2), mail(9, 3, { task: '1_4' })])).toEqual(['p7@contoso.test and p8@contoso.test were told by mail', 'p9@contoso.test was told by mail'])
    expect(told([event(1, 2)], [mail(7, 1), mail(8, 3)])).toHaveLength(3)
  })
  it('say one by one what went wrong, in the words of the server', () => {
    expect(
      told(
        [],
        [
          mail(1, 1, { state: 'failed', error: 'the mailbox is full' }),
          mail(2, 2, { bounce: '5.1.1 nobody here' }),
          mail(3, 3, { state: 'doubtful' }),
          mail(4, 4, { state: 'queued', error: 'try later' }),
          mail(5, 5, { state: 'queued' }),
        ],
      ),
    ).toEqual([
      'The mail to p1@contoso.test could not be sent: the mailbox is full',
      'The mail to p2@contoso.test came back: 5.1.1 nobody here',
      'Nobody knows whether the mail to p3@contoso.test was sent',
      'The mail to p4@contoso.test could not be sent yet: try later',
      'The mail to p5@contoso.test waits to be sent',
    ])
  })
  it('name people by name', () => {
    expect(told([], [mail(1, 1, { to: { id: 'user:3', name: 'Jane Doe' }, purpose: 'answer' })])).toEqual(['Jane Doe got an answer by mail'])
  })
  it('wait for their place while there is more history to load', () => {
    expect(told([event(1, 1)], [mail(7, 2)], false)).toEqual(['event 1'])
  })
  it('have numbers that no event has', () => {
    expect(new Set(withMails([event(1, 1)], [mail(1, 2)], true).map(({ seq }) => seq)).size).toBe(2)
  })
  it('are asked for again while one is on its way', () => {
    expect(onItsWay([mail(1, 1)])).toBe(false)
    expect(onItsWay([mail(1, 1), mail(2, 1, { state: 'queued' })])).toBe(true)
  })
})
