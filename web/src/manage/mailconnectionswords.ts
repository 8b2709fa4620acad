import type { MailConnection, SetMailConnection } from '../api/types'

/** A sender as people write it: "Approvals" <workflow@contoso.com> without its quotes. */
export function plainFrom(from: string): string {
  return from.replace(/^\s*"([^"\\]*)"\s*(?=<)/, '$1 ')
}

/** What is typed into the form of a connection. */
export interface Draft {
  protocol: 'graph' | 'ews' | 'smtp'
  from: string
  mailbox: string
  signsIn: 'app' | 'service' | 'password'
  resource: string
  tenant: string
  clientId: string
  audience: string
  user: string
  password: string
  server: string
  impersonate: boolean
  smtp: string
  smtpTLS: string
  imap: string
  imapTLS: string
  usual: boolean
  reads: boolean
  workflows: string
  authserv: string
  off: boolean
}

/** A resource that is made together with the connection. */
export const aNewOne = ''

/** An empty form; the first mailbox does everything. */
export function freshOf(first: boolean): Draft {
  return {
    protocol: 'graph', from: '', mailbox: '', signsIn: 'app', resource: aNewOne, tenant: '', clientId: '', audience: '', user: '', password: '', server: '',
    impersonate: false, smtp: '', smtpTLS: 'starttls', imap: '', imapTLS: 'tls', usual: first, reads: first, workflows: '', authserv: '', off: false,
  }
}

/** The form of a connection that is there. */
export function draftOf(c: MailConnection): Draft {
  return {
    protocol: c.protocol, from: c.from, mailbox: c.mailbox ?? '', signsIn: c.resource ? (c.app ? 'app' : 'service') : 'password', resource: c.resource ?? '',
    tenant: '', clientId: '', audience: c.audience ?? '', user: c.user ?? '', password: '', server: c.server ?? '', impersonate: c.impersonate ?? false,
    smtp: c.smtp?.address ?? '', smtpTLS: c.smtp?.tls ?? 'starttls', imap: c.imap?.address ?? '', imapTLS: c.imap?.tls ?? 'tls', usual: c.usual ?? false,
    reads: c.reads ?? false, workflows: (c.workflows ?? []).join('\n'), authserv: c.authserv ?? '', off: c.off ?? false,
  }
}

/** Whether the form asks for an app registration of its own. */
export function makesResource(d: Draft): boolean {
  return d.signsIn !== 'password' && d.resource === aNewOne
}

/** A name that a connection, and the resource made with it, can have. */
export function nameFor(from: string, taken: readonly string[]): string {
  const address = /<([^>]*)>/.exec(from)?.[1] ?? from
  const base = address.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 36) || 'mailbox'
  let name = base
  for (let n = 2; taken.includes(name); n++) name = `${base}-${n}`
  return name
}

/** The address to go on with when the protocol changes: that of the other one does not stay. Empty is Microsoft's own. */
export function serverFor(protocol: string, server: string): string {
  const ews = /\/EWS\/Exchange\.asmx\/?$/i
  const graph = /\/v1\.0\/?$/
  const other = protocol === 'graph' ? ews : protocol === 'ews' ? graph : /$^/
  if (!other.test(server.trim())) return server
  const local = /^https:\/\/(localhost|127\.0\.0\.1)[:/]/.test(server.trim()) // the sandbox serves both
  return local ? server.trim().replace(other, protocol === 'graph' ? '/v1.0' : '/EWS/Exchange.asmx') : ''
}

/** What a draft is to the server. */
export function settingsOf(d: Draft, was: MailConnection | undefined, resource: string): SetMailConnection {
  const byToken = d.signsIn !== 'password'
  const workflows = d.workflows.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  const exchange = d.protocol !== 'smtp'
  return {
    protocol: d.protocol,
    from: d.from.trim(),
    usual: d.usual,
    reads: d.reads,
    off: d.off,
    ...(workflows.length > 0 ? { workflows } : {}),
    ...(d.mailbox ? { mailbox: d.mailbox.trim() } : {}),
    ...(d.authserv ? { authserv: d.authserv.trim() } : {}),
    ...(byToken ? { resource, app: d.signsIn === 'app', ...(d.audience ? { audience: d.audience.trim() } : {}) } : {}),
    ...(d.user && (!byToken || !exchange) ? { user: d.user.trim() } : {}),
    ...(!byToken && (d.password || !was?.hasPassword) ? { password: d.password } : {}),
    ...(exchange && d.server ? { server: d.server.trim() } : {}),
    ...(d.protocol === 'ews' ? { impersonate: d.impersonate } : {}),
    ...(!exchange ? { smtp: { address: d.smtp.trim(), tls: d.smtpTLS as 'starttls' } } : {}),
    ...(!exchange && d.imap ? { imap: { address: d.imap.trim(), tls: d.imapTLS as 'tls' } } : {}),
    ...(was?.folder ? { folder: was.folder } : {}),
    ...(was?.processed ? { processed: was.processed } : {}),
    ...(was?.replyTo ? { replyTo: was.replyTo } : {}),
    ...(was?.perMinute ? { perMinute: was.perMinute } : {}),
    ...(was?.atOnce ? { atOnce: was.atOnce } : {}),
  }
}
