import type { MailConnection, NewOAuthResource, NewService, OAuthResource, Service, SetMailConnection } from '../api/types'
import { nameFor, plainFrom } from './mailconnectionswords'

/** What is typed to connect Exchange. */
export interface Draft {
  way: 'graph' | 'ews' | 'server'
  mailbox: string
  cloud: 'microsoft' | 'other' | 'sandbox'
  authority: string
  online: string
  /** Name of a resource that is there; aNew: one is made. */
  resource: string
  tenant: string
  clientId: string
  secret: string
  /** When the secret ends, year-month-day; empty: not known. */
  ends: string
  server: string
  user: string
  password: string
  /** The resource that an attempt made; the next one makes no other. */
  made: string
}

/** Where the sandbox of a server is, as /sandbox/api/places tells. */
export interface Places {
  entra: { url: string; domain: string }
  exchange: { graph: string; ews: string }
}

/** What is there when Exchange is connected; an empty name: not that. */
export interface Connected {
  connection: string
  service: string
  resource: string
  address: string
}

export const aNew = ''

export function freshOf(sandbox: boolean): Draft {
  return { way: 'graph', mailbox: '', cloud: sandbox ? 'sandbox' : 'microsoft', authority: '', online: '', resource: aNew, tenant: '', clientId: '', secret: '', ends: '', server: '', user: '', password: '', made: '' }
}

/** Fields that are empty and must not be, without asking the server. */
export function missingOf(d: Draft): (keyof Draft)[] {
  const own: (keyof Draft)[] = d.resource === aNew ? ['tenant', 'clientId', 'secret'] : []
  const needed: (keyof Draft)[] = d.way === 'server' ? ['mailbox', 'server', 'user', 'password'] : ['mailbox', ...own, ...(d.cloud === 'other' ? (['authority', 'online'] as const) : [])]
  return needed.filter((field) => d[field].trim() === '')
}

const online = { graph: 'https://graph.microsoft.com', ews: 'https://outlook.office365.com' }

/** Whom tokens are for: Microsoft's own address, or that of another cloud. */
export function audienceOf(d: Draft): string {
  if (d.way === 'server') return ''
  if (d.cloud !== 'other') return online[d.way]
  try {
    return new URL(d.online.trim()).origin
  } catch {
    return d.online.trim()
  }
}

/** Where Graph or EWS is; empty: where Microsoft has it. */
export function serverOf(d: Draft, places: Places | undefined): string {
  if (d.way === 'server') return d.server.trim()
  if (d.cloud === 'sandbox') return places?.exchange[d.way] ?? ''
  return d.cloud === 'other' ? d.online.trim() : ''
}

/** The resource to be made, or to be given this secret: that of the same registration and audience. */
export function resourceOf(d: Draft, places: Places | undefined, all: readonly OAuthResource[]): { body: NewOAuthResource; known: boolean } {
  const authority = d.cloud === 'sandbox' ? (places?.entra.url ?? '') : d.cloud === 'other' ? d.authority.trim() : ''
  const [tenant, clientId, audience] = [d.tenant.trim(), d.clientId.trim(), audienceOf(d)]
  const was = all.find((one) => one.name === d.made) ?? all.find((one) => one.tenant === tenant && one.clientId === clientId && one.audience === audience && (one.authority ?? '') === authority)
  const name = was?.name ?? free('exchange', '-', all)
  const body: NewOAuthResource = { name, title: was?.title ?? 'Exchange Online', type: was?.type ?? 'entra-v2', tenant, clientId, auth: 'secret', secret: d.secret.trim(), audience, ...(authority ? { authority } : {}) }
  const ends = d.ends.trim()
  if (ends) body.secretExpires = /^\d{4}-\d{2}-\d{2}$/.test(ends) ? `${ends}T00:00:00Z` : ends
  if (was?.scopes && was.audience === audience) body.scopes = was.scopes
  if (was?.redirect) body.redirect = was.redirect
  return { body, known: was !== undefined }
}

/** Where an administrator agrees for everybody; empty while tenant or client are not known. */
export function consentOf(d: Draft, places: Places | undefined, all: readonly OAuthResource[]): string {
  const known = all.find((one) => one.name === d.resource)
  const typed = d.cloud === 'sandbox' ? (places?.entra.url ?? '') : d.cloud === 'other' ? d.authority.trim() : ''
  const { authority, tenant, clientId } = known ?? { authority: typed, tenant: d.tenant.trim(), clientId: d.clientId.trim() }
  if (!tenant || !clientId) return ''
  return `${(authority || 'https://login.microsoftonline.com').replace(/\/$/, '')}/${encodeURIComponent(tenant)}/adminconsent?client_id=${encodeURIComponent(clientId)}`
}

/** What may be kept while the page is left: all but the secrets. */
export function keptOf(d: Draft): string {
  return JSON.stringify({ ...d, secret: '', password: '' })
}

/** The draft that was kept, over a fresh one. What is not a draft's text is left out. */
export function broughtBack(kept: string | null, fresh: Draft): Draft {
  let read: unknown
  try {
    read = JSON.parse(kept ?? '')
  } catch {
    return fresh
  }
  if (typeof read !== 'object' || read === null) return fresh
  const texts = Object.entries(read).filter(([name, text]) => name in fresh && typeof text === 'string')
  const draft = { ...fresh, ...(Object.fromEntries(texts) as Partial<Draft>) }
  return draft.way in { graph: 1, ews: 1, server: 1 } && draft.cloud in { microsoft: 1, other: 1, sandbox: 1 } ? draft : fresh
}

/** The mailbox's connection: that of its address, or a new one. */
export function connectionOf(d: Draft, places: Places | undefined, resource: string, all: readonly MailConnection[]): { name: string; body: SetMailConnection } {
  const from = d.mailbox.trim()
  const was = all.find((one) => !one.inFile && one.from === from)
  const name = was?.name ?? nameFor(from, all.map((one) => one.name))
  const server = serverOf(d, places)
  const body: SetMailConnection = { protocol: d.way === 'graph' ? 'graph' : 'ews', from, usual: true, reads: true, ...(server ? { server } : {}) }
  return { name, body: d.way === 'server' ? { ...body, user: d.user.trim(), password: d.password } : { ...body, resource } }
}

/** The service to be made; undefined when one like it is there. */
export function serviceOf(d: Draft, places: Places | undefined, resource: string, all: readonly Service[]): { name: string; body: NewService | undefined } {
  const protocol = d.way === 'graph' ? 'graph' : 'ews'
  const server = serverOf(d, places)
  const own = d.way === 'server'
  const same = (one: Service) => one.type === 'exchange' && one.keys?.protocol === protocol && (one.keys.server ?? '') === server && (own ? one.user === d.user.trim() : one.resource === resource)
  const was = all.find(same)
  if (was) return { name: was.name, body: undefined }
  const name = free('office', '_', all)
  const keys = { protocol, ...(server ? { server } : {}), ...(own ? { mailbox: d.mailbox.trim() } : {}) }
  const signsIn = own ? { mode: 'static' as const, user: d.user.trim(), password: d.password } : { mode: 'caller' as const, resource }
  return { name, body: { name, title: 'Exchange', type: 'exchange', keys, ...signsIn } }
}

/** What is connected already: the mailbox of Exchange that everything goes by, and a service over the same registration. */
export function thereOf(mail: readonly MailConnection[], services: readonly Service[]): Connected | undefined {
  const one = mail.find((c) => c.protocol !== 'smtp' && c.usual && c.reads && !c.off)
  if (!one) return undefined
  const service = services.find((s) => s.type === 'exchange' && (one.resource ? s.resource === one.resource : s.user === one.user))
  return { connection: one.name, service: service?.name ?? '', resource: one.resource ?? '', address: plainFrom(one.from) }
}

function free(base: string, between: string, all: readonly { name: string }[]): string {
  let name = base
  for (let n = 2; all.some((one) => one.name === name); n++) name = `${base}${between}${n}`
  return name
}
