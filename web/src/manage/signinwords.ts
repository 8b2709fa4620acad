import type { SignInSettings, TrustedIssuer, TrustKeys } from '../api/types'

const callback = '/oauth/callback'
const front = '/oauth/logout/front'
const longestId = 30

/** What the server will make of a name, to tell providers apart in addresses. */
export function idOf(name: string, taken: readonly string[]): string {
  const base =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, longestId)
      .replace(/^-+|-+$/g, '') || 'provider'
  let id = base
  for (let i = 2; taken.includes(id); i++) id = `${base}-${i}`
  return id
}

/** Where a provider of that name will send browsers back to; undefined while that needs a name. */
export function redirectOf(set: Pick<SignInSettings, 'providers' | 'frontLogout'>, name: string): string | undefined {
  const own = set.frontLogout.slice(0, -front.length)
  if (!set.providers.some((one) => one.redirect === callback)) return own + callback
  if (name.trim() === '') return undefined
  return `${own}${callback}/${idOf(name.trim(), set.providers.map((one) => one.id))}`
}

/** An issuer to get tokens from, as the trust setting knows it. */
export interface Choice {
  /** What tokens name as theirs, to the letter. */
  url: string
  entry: TrustedIssuer
}

/** The issuers that `signoff login` can use: of Entra only those of version 2.0 take scopes. */
export function choicesOf(entries: readonly TrustedIssuer[], known: readonly Pick<TrustKeys, 'issuer' | 'url' | 'version'>[]): Choice[] {
  const out: Choice[] = []
  for (const { issuer, url, version } of known) {
    const entry = entries.find((one) => one.name === issuer)
    if (entry && version !== '1.0' && !out.some((one) => one.url === url)) out.push({ url, entry })
  }
  return out
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The scopes to ask for, so that a token is for this API. */
export function scopesFor({ profile, audiences, scopes = [] }: Pick<TrustedIssuer, 'profile' | 'audiences' | 'scopes'>): string {
  if (profile !== 'entra') return ['openid', ...scopes, 'offline_access'].join(' ')
  const named = audiences.find((one) => one.includes('://'))
  const id = audiences.find((one) => guid.test(one))
  const api = named?.replace(/\/$/, '') ?? (id && `api://${id}`)
  return api ? `${api}/${scopes[0] ?? 'user_impersonation'} offline_access` : ''
}

const timeClaims = ['exp', 'iat', 'nbf', 'auth_time', 'updated_at']

/** The moment a claim of a token says, which stands there in seconds (RFC 7519 §2); undefined for others. */
export function timeOf(claim: string, value: unknown): string | undefined {
  if (!timeClaims.includes(claim) || typeof value !== 'number' || !(Math.abs(value) < 1e11)) return undefined
  return new Date(value * 1000).toISOString()
}
