import { expect, test } from 'vitest'
import { mailsAbout, senderName } from './mailwords'

test.each([
  ['Ana Silva <ana@contoso.test>', 'Ana Silva'],
  ['"Silva, Ana" <ana@contoso.test>', 'Silva, Ana'],
  ['<ana@contoso.test>', 'ana@contoso.test'],
  ['ana@contoso.test', 'ana@contoso.test'],
  ['', ''],
])('%s is called %s', (from, want) => expect(senderName(from)).toBe(want))

const mail = (mailbox: string, at: string, serial: string, words = ['Approve']) => ({
  mailbox,
  at,
  text: `Decide here: http://localhost/tasks/${serial}\nThanks`,
  replies: words.map((text) => ({ label: text, text })),
})

test('a task finds its newest mail that can be answered, and no other task’s', () => {
  const old = mail('jane', '2026-11-23T10:00:00Z', '1_2')
  const latest = mail('jane', '2026-11-23T11:00:00Z', '1_2')
  const other = mail('jane', '2026-11-23T12:00:00Z', '1_21')
  const mute = mail('bob', '2026-11-23T13:00:00Z', '1_2', [])
  expect(mailsAbout(['1_2', '9_9'], [old, latest, other, mute])).toEqual([{ serial: '1_2', message: latest }])
})
