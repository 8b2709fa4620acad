import { describe, expect, it } from 'vitest'
import { draftFrom, settingOf, withKind } from './apisform'

const api = { on: true, kinds: ['basic' as const, 'token' as const], origins: ['https://a.example'], url: 'u', documents: [], metadata: 'm' }
const set = { workflow: api, rest: { ...api, baseUrl: 'https://b.example' }, odata: { ...api, on: false }, tokens: { defaultDays: 90, maxDays: 365 } }

describe('the APIs as a form', () => {
  it('come back as they were when nothing is changed', () => {
    const plain = { on: true, kinds: ['basic', 'token'], origins: ['https://a.example'] }
    expect(settingOf(draftFrom(set))).toEqual({ workflow: plain, rest: { ...plain, baseUrl: 'https://b.example' }, odata: { ...plain, on: false }, tokens: { defaultDays: 90, maxDays: 365 } })
  })
  it('take sites by lines, and days only as numbers', () => {
    const draft = draftFrom(set)
    const sent = settingOf({ ...draft, workflow: { ...draft.workflow, origins: ' https://x.example \n\nhttps://y.example,https://z.example' }, maxDays: 'many' })
    expect(sent.workflow.origins).toEqual(['https://x.example', 'https://y.example', 'https://z.example'])
    expect(sent.tokens.maxDays).toBe(0)
  })
  it('send kinds of sign-in in their order', () => {
    const draft = draftFrom(set)
    const more = withKind(withKind(draft.workflow, 'bearer', true), 'token', false)
    expect(settingOf({ ...draft, workflow: more }).workflow.kinds).toEqual(['basic', 'bearer'])
  })
})
