import { describe, expect, it } from 'vitest'
import type { MailConnection, OAuthResource, Service } from '../api/types'
import { audienceOf, broughtBack, connectionOf, consentOf, freshOf, keptOf, missingOf, resourceOf, serviceOf, thereOf, type Draft, type Places } from './exchangewords'

const typed: Draft = { ...freshOf(false), mailbox: ' workflow@contoso.com ', tenant: 'contoso.com', clientId: 'c1', secret: 's1' }
const sandbox: Places = { entra: { url: 'https://localhost:8443', domain: 'contoso.test' }, exchange: { graph: 'https://localhost:8443/v1.0', ews: 'https://localhost:8443/EWS/Exchange.asmx' } }

describe('Exchange in one go', () => {
  it('misses only what its way needs', () => {
    expect(missingOf(freshOf(false))).toEqual(['mailbox', 'tenant', 'clientId', 'secret'])
    expect(missingOf({ ...freshOf(true), resource: 'exchange', mailbox: 'a@b.example' })).toEqual([])
    expect(missingOf({ ...freshOf(false), way: 'server' })).toEqual(['mailbox', 'server', 'user', 'password'])
    expect(missingOf({ ...typed, cloud: 'other', mailbox: ' ' })).toEqual(['mailbox', 'authority', 'online'])
  })
  it('asks for tokens for Microsoft’s own address, wherever the sandbox is', () => {
    expect(audienceOf(typed)).toBe('https://graph.microsoft.com')
    expect(audienceOf({ ...typed, way: 'ews', cloud: 'sandbox' })).toBe('https://outlook.office365.com')
    expect(audienceOf({ ...typed, way: 'ews', cloud: 'other', online: ' https://outlook.office365.us/EWS/Exchange.asmx' })).toBe('https://outlook.office365.us')
    expect(audienceOf({ ...typed, cloud: 'other', online: 'nonsense' })).toBe('nonsense')
  })
  it('gives a registration that is known the new secret, and makes no second one', () => {
    const first = resourceOf(typed, undefined, [])
    expect(first).toMatchObject({ known: false, body: { name: 'exchange', type: 'entra-v2', auth: 'secret', secret: 's1', audience: 'https://graph.microsoft.com' } })
    expect(first.body).not.toHaveProperty('authority')
    const was = { ...first.body, scopes: ['openid'], redirect: '/identity/token/oauth/2' } as OAuthResource
    expect(resourceOf({ ...typed, secret: 's2' }, undefined, [was])).toMatchObject({ known: true, body: { name: 'exchange', secret: 's2', scopes: ['openid'], redirect: '/identity/token/oauth/2' } })
    expect(resourceOf({ ...typed, way: 'ews' }, undefined, [was])).toMatchObject({ known: false, body: { name: 'exchange-2', audience: 'https://outlook.office365.com' } })
    expect(resourceOf({ ...typed, cloud: 'sandbox' }, sandbox, [was])).toMatchObject({ known: false, body: { authority: 'https://localhost:8443' } })
  })
  it('sends and reads by the one mailbox, with a token or a password, never both', () => {
    const online = connectionOf({ ...typed, cloud: 'sandbox' }, sandbox, 'exchange', [])
    expect(online).toEqual({ name: 'workflow-contoso-com', body: { protocol: 'graph', from: 'workflow@contoso.com', usual: true, reads: true, server: 'https://localhost:8443/v1.0', resource: 'exchange' } })
    const own = connectionOf({ ...typed, way: 'server', server: 'autodiscover', user: 'u', password: 'p' }, undefined, '', [])
    expect(own.body).toMatchObject({ protocol: 'ews', server: 'autodiscover', user: 'u', password: 'p' })
    expect(own.body).not.toHaveProperty('resource')
    const was = [{ name: 'office', from: 'workflow@contoso.com', inFile: false }, { name: 'configured', from: 'workflow@contoso.com', inFile: true }] as MailConnection[]
    expect(connectionOf(typed, undefined, 'x', was).name).toBe('office')
  })
  it('is there when everything goes by one mailbox of it', () => {
    const one = { name: 'w', from: 'workflow@contoso.com', protocol: 'ews', resource: 'exchange', usual: true, reads: true, inFile: false } as MailConnection
    const service = { name: 'office', type: 'exchange', resource: 'exchange' } as Service
    expect(thereOf([one], [service])).toEqual({ connection: 'w', service: 'office', resource: 'exchange', address: 'workflow@contoso.com' })
    expect(thereOf([one], [{ ...service, resource: 'other' }])?.service).toBe('')
    for (const less of [{ off: true }, { usual: false }, { reads: false }, { protocol: 'smtp' as const }]) expect(thereOf([{ ...one, ...less }], [service])).toBeUndefined()
  })
  it('makes the service as whoever calls, once', () => {
    const made = serviceOf(typed, undefined, 'exchange', [])
    expect(made).toEqual({ name: 'office', body: { name: 'office', title: 'Exchange', type: 'exchange', keys: { protocol: 'graph' }, mode: 'caller', resource: 'exchange' } })
    const was = { ...made.body, keys: { protocol: 'graph', server: '' } } as unknown as Service
    expect(serviceOf(typed, undefined, 'exchange', [was])).toEqual({ name: 'office', body: undefined })
    expect(serviceOf({ ...typed, way: 'ews' }, undefined, 'exchange-2', [was]).body).toMatchObject({ name: 'office_2', keys: { protocol: 'ews' } })
    const own = serviceOf({ ...typed, way: 'server', server: 'https://mail', user: 'u', password: 'p' }, undefined, '', [was])
    expect(own.body).toMatchObject({ mode: 'static', user: 'u', password: 'p', keys: { mailbox: 'workflow@contoso.com', server: 'https://mail' } })
  })
  it('makes no second resource after an attempt that failed', () => {
    const made = { name: 'exchange', tenant: 'contoso.com', clientId: 'wrong', audience: 'https://graph.microsoft.com' } as OAuthResource
    expect(resourceOf({ ...typed, made: 'exchange', ends: '2028-11-23' }, undefined, [made])).toMatchObject({ known: true, body: { name: 'exchange', clientId: 'c1', secretExpires: '2028-11-23T00:00:00Z' } })
    expect(resourceOf(typed, undefined, [made])).toMatchObject({ known: false, body: { name: 'exchange-2' } })
    expect(resourceOf(typed, undefined, []).body).not.toHaveProperty('secretExpires')
  })
  it('keeps what was typed while the page is left, and no secret', () => {
    const left = keptOf({ ...typed, way: 'ews', password: 'p1', made: 'exchange' })
    expect(left).not.toMatch(/s1|p1/)
    expect(broughtBack(left, freshOf(false))).toEqual({ ...typed, way: 'ews', secret: '', password: '', made: 'exchange' })
    for (const nonsense of [null, '', 'x', 'null', '[]', '{"way":"smtp"}', '{"mailbox":7}']) expect(broughtBack(nonsense, freshOf(false))).toEqual(freshOf(false))
  })
  it('knows where an administrator consents', () => {
    expect(consentOf(typed, undefined, [])).toBe('https://login.microsoftonline.com/contoso.com/adminconsent?client_id=c1')
    expect(consentOf({ ...typed, cloud: 'sandbox' }, sandbox, [])).toBe('https://localhost:8443/contoso.com/adminconsent?client_id=c1')
    expect(consentOf({ ...typed, clientId: ' ' }, undefined, [])).toBe('')
    const there = { name: 'one', tenant: 't2', clientId: 'c2', authority: 'https://login.microsoftonline.us/' } as OAuthResource
    expect(consentOf({ ...typed, resource: 'one' }, undefined, [there])).toBe('https://login.microsoftonline.us/t2/adminconsent?client_id=c2')
  })
})
