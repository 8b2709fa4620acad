import type { NewOAuthResource, OAuthResource } from '../api/types'

/** A resource while it is typed: texts are never missing. */
export interface Draft {
  type: string
  name: string
  /** The name was typed, not made of the title. */
  named: boolean
  title: string
  authority: string
  tenant: string
  issuer: string
  authorizationUrl: string
  tokenUrl: string
  clientId: string
  auth: OAuthResource['auth']
  secret: string
  /** A day, or nothing. */
  expires: string
  tokenFile: string
  redirect: string
  audience: string
  scopes: string[]
}

/** What a form begins with. */
export function draftOf(was: OAuthResource | undefined): Draft {
  return {
    type: was?.type ?? 'entra-v2',
    name: was?.name ?? '',
    named: was !== undefined,
    title: was?.title ?? '',
    authority: was?.authority ?? '',
    tenant: was?.tenant ?? '',
    issuer: was?.issuer ?? '',
    authorizationUrl: was?.authorizationUrl ?? '',
    tokenUrl: was?.tokenUrl ?? '',
    clientId: was?.clientId ?? '',
    auth: was?.auth ?? 'certificate',
    secret: '',
    expires: was?.secretExpires?.slice(0, 10) ?? '',
    tokenFile: was?.tokenFile ?? '',
    redirect: was?.redirect ?? '/oauth/callback',
    audience: was?.audience ?? '',
    scopes: [...(was?.scopes ?? [])],
  }
}

/** What is sent. What the form does not show stays as it was. */
export function resourceOf(draft: Draft, was: OAuthResource | undefined): NewOAuthResource {
  const { named: _, expires, secret, auth, ...rest } = draft
  const body: NewOAuthResource = { ...rest, auth }
  if (was?.deviceUrl) body.deviceUrl = was.deviceUrl
  if (was?.values) body.values = was.values
  if (auth !== 'federated') body.tokenFile = ''
  if (auth === 'secret' && secret) body.secret = secret
  // What is no day is sent as it is: the server says so at the field.
  if (auth === 'secret' && expires) body.secretExpires = /^\d{4}-\d{2}-\d{2}$/.test(expires) ? `${expires}T00:00:00Z` : expires
  return body
}

/** A name made of a title: small letters, digits and hyphens. */
export function nameFrom(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
}
