import { describe, expect, it } from 'vitest'
import { evidenceFacts } from '../ui/evidence/facts'
import { sentSign, sentWords, stateOf, verdictSign, viewOf } from './mailwords'

describe('mail in words', () => {
  it('says what became of a reply, and does not hide a verdict it does not know', () => {
    expect(verdictSign({ verdict: 'not the recipient' })).toMatchObject({ words: 'Not from the recipient', tone: 'bad' })
    expect(verdictSign({ verdict: 'eaten by a dog' })).toMatchObject({ words: 'eaten by a dog', tone: 'neutral' })
  })
  it('does not call a mail sent that came back', () => {
    expect(sentSign({ state: 'sent' })).toMatchObject({ words: 'Sent', tone: 'good' })
    expect(sentSign({ state: 'sent', bounce: '5.1.1' })).toMatchObject({ words: 'Came back', tone: 'bad' })
  })
  it('tells a doubt the server settles itself from one that waits for a person', () => {
    expect(sentWords({ state: 'doubtful', error: 'it stopped', due: '2026-11-23T08:00:00Z' })[1]).toContain('looks for it')
    expect(sentWords({ state: 'doubtful' })).toEqual(['Nobody knows whether it was sent.'])
    expect(sentWords({ state: 'sent', error: 'an old one' })).toEqual([])
  })
  it('reads evidence of any shape', () => {
    expect(evidenceFacts({ method: 'dmarc', odd: { a: 1 } })).toEqual([
      ['Sender proven by', 'dmarc'],
      ['odd', '{"a":1}'],
    ])
    expect(evidenceFacts(undefined)).toEqual([])
    expect(evidenceFacts('text')).toEqual([])
  })
  it('takes only views and states that exist from the address', () => {
    expect(viewOf(new URLSearchParams('view=sent'))).toBe('sent')
    expect(viewOf(new URLSearchParams('view=x'))).toBe('look')
    expect(stateOf(new URLSearchParams('state=bounced'))).toBe('bounced')
    expect(stateOf(new URLSearchParams('state=x'))).toBeUndefined()
  })
})
