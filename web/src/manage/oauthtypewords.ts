import type { OAuthType } from '../api/types'

/** The requests that OAuth knows, in the order people meet them. */
export const requests = ['authorization', 'token', 'refresh', 'app', 'device'] as const
export type RequestName = (typeof requests)[number]

/** A parameter while it is typed. A request that it is not in has no text. */
export interface ParameterDraft {
  /** Tells parameters apart while their names are typed. */
  id: number
  name: string
  text: string
  secret: boolean
  in: Record<RequestName, string | undefined>
}

/** A kind of provider while it is typed: texts are never missing. */
export interface TypeDraft {
  name: string
  title: string
  text: string
  people: boolean
  app: boolean
  metadata: string
  issuer: string
  audienceScope: string
  claims: boolean
  refreshDays: string
  parameters: ParameterDraft[]
}

/** A parameter to begin with: in the requests that scopes are in. */
export const newParameter = (id: number): ParameterDraft => ({ id, name: '', text: '', secret: false, in: { authorization: '', token: undefined, refresh: undefined, app: undefined, device: undefined } })

/** What a form begins with: a kind there is, or one as most providers are. */
export function typeDraftOf(was: OAuthType | undefined): TypeDraft {
  if (!was)
    return {
      name: '',
      title: '',
      text: '',
      people: true,
      app: false,
      metadata: '{issuer}/.well-known/openid-configuration',
      issuer: '',
      audienceScope: '',
      claims: false,
      refreshDays: '',
      parameters: [{ id: 0, name: 'scope', text: '', secret: false, in: { authorization: '{scopes}', token: undefined, refresh: undefined, app: '{scopes}', device: '{scopes}' } }],
    }
  return {
    name: was.name,
    title: was.title,
    text: was.text ?? '',
    people: was.people,
    app: was.app,
    metadata: was.metadata ?? '',
    issuer: was.issuer ?? '',
    audienceScope: was.audienceScope ?? '',
    claims: was.claims ?? false,
    refreshDays: was.refreshDays ? String(was.refreshDays) : '',
    parameters: was.parameters.map((one, id) => ({
      id,
      name: one.name,
      text: one.text ?? '',
      secret: one.secret ?? false,
      in: { authorization: one.authorization, token: one.token, refresh: one.refresh, app: one.app, device: one.device },
    })),
  }
}

/** What is sent. */
export function typeOf(draft: TypeDraft): OAuthType {
  const { parameters, refreshDays, ...rest } = draft
  const days = Number(refreshDays)
  return {
    ...rest,
    // What is no number is sent as one that is refused at its field.
    ...(refreshDays.trim() ? { refreshDays: Number.isInteger(days) ? days : -1 } : {}),
    parameters: parameters.map(({ id: _, in: texts, ...one }) => ({
      ...one,
      ...Object.fromEntries(requests.flatMap((request) => (texts[request] === undefined ? [] : [[request, texts[request]]]))),
    })),
  }
}

/** The fields of the form as the server calls them. */
export function fieldsOf(draft: TypeDraft): string[] {
  const inside = draft.parameters.flatMap((_, i) => ['name', 'text', ...requests].map((field) => `parameters[${i}].${field}`))
  return ['name', 'title', 'text', 'people', 'metadata', 'issuer', 'audienceScope', 'refreshDays', ...inside]
}
