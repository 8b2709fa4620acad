import type { Apis, ApiSettings, SetApis } from '../api/types'

export const kinds = ['basic', 'bearer', 'token', 'session'] as const

/** The setting as a form holds it: lists as lines, numbers as they are typed. */
export interface Draft {
  workflow: DraftApi
  rest: DraftApi
  odata: DraftApi
  defaultDays: string
  maxDays: string
}

export interface DraftApi {
  on: boolean
  baseUrl: string
  kinds: readonly string[]
  origins: string
}

const draftOf = (set: ApiSettings): DraftApi => ({ on: set.on, baseUrl: set.baseUrl ?? '', kinds: set.kinds, origins: set.origins.join('\n') })

export function draftFrom(set: Apis): Draft {
  return { workflow: draftOf(set.workflow), rest: draftOf(set.rest), odata: draftOf(set.odata), defaultDays: String(set.tokens.defaultDays), maxDays: String(set.tokens.maxDays) }
}

function settingsOf(draft: DraftApi): ApiSettings {
  const baseUrl = draft.baseUrl.trim()
  return {
    on: draft.on,
    kinds: kinds.filter((kind) => draft.kinds.includes(kind)),
    origins: draft.origins
      .split(/[\s,]+/)
      .map((line) => line.trim())
      .filter(Boolean),
    ...(baseUrl ? { baseUrl } : {}),
  }
}

/** What is sent of a form. What is no number is sent as 0, which the server refuses at its field. */
export function settingOf(draft: Draft): SetApis {
  const days = (text: string) => (/^\d{1,6}$/.test(text.trim()) ? Number(text.trim()) : 0)
  return { workflow: settingsOf(draft.workflow), rest: settingsOf(draft.rest), odata: settingsOf(draft.odata), tokens: { defaultDays: days(draft.defaultDays), maxDays: days(draft.maxDays) } }
}

/** A draft with a kind of sign-in taken, or no longer. */
export function withKind(draft: DraftApi, kind: string, taken: boolean): DraftApi {
  const others = draft.kinds.filter((one) => one !== kind)
  return { ...draft, kinds: taken ? [...others, kind] : others }
}
