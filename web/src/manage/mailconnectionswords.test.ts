import { describe, expect, it } from 'vitest'
import type { MailConnection } from '../api/types'
import { draftOf, freshOf, makesResource, nameFor, plainFrom, settingsOf, serverFor } from './mailconnectionswords'

describe('a sender', () => {
  it('is shown without quotes', () => {
    expect(plainFrom('"signoff" <workflow@contoso.com>')).toBe('signoff <workflow@contoso.com>')
    for (const same of ['workflow@contoso.com', 'Approvals <workflow@contoso.com>', '"A \\"B\\"" <c@contoso.com>']) expect(plainFrom(same)).toBe(same)
  })
})

describe('the address when the protocol changes', () => {
  it('follows it', () => {
    expect(serverFor('graph', 'https://outlook.office365.com/EWS/Exchange.asmx')).toBe('')
    expect(serverFor('ews', 'https://graph.microsoft.com/v1.0')).toBe('')
    expect(serverFor('graph', ' https://localhost:8443/EWS/Exchange.asmx')).toBe('https://localhost:8443/v1.0')
    expect(serverFor('ews', 'https://localhost:8443/v1.0')).toBe('https://localhost:8443/EWS/Exchange.asmx')
    for (const same of ['', 'autodiscover', 'https://mail.contoso.com/EWS/Exchange.asmx']) expect(serverFor('ews', same)).toBe(same)
    expect(serverFor('smtp', 'https://graph.microsoft.com/v1.0')).toBe('https://graph.microsoft.com/v1.0')
  })
})

describe('mail connections', () => {
  it('are named after their address, each otherwise', () => {
    expect(nameFor('Approvals <Workflow@Contoso.com>', [])).toBe('workflow-contoso-com')
    expect(nameFor('workflow@contoso.com', ['workflow-contoso-com'])).toBe('workflow-contoso-com-2')
    expect(nameFor('!!!', [])).toBe('mailbox')
  })
  it('of the first mailbox do everything', () => {
    expect(freshOf(true)).toMatchObject({ protocol: 'graph', usual: true, reads: true })
    expect(freshOf(false)).toMatchObject({ usual: false, reads: false })
  })
  it('over Graph have no password and no servers of mail', () => {
    const draft = { ...freshOf(true), from: ' a@b.example ', password: 'typed before', smtp: 'x:1', resource: 'm365' }
    expect(makesResource(draft)).toBe(false)
    const set = settingsOf(draft, undefined, 'm365')
    expect(set).toMatchObject({ from: 'a@b.example', resource: 'm365', app: true })
    expect(set).not.toHaveProperty('password')
    expect(set).not.toHaveProperty('smtp')
  })
  it('keep what the form does not show, and a password that is not typed again', () => {
    const was: MailConnection = { name: 'x', hasPassword: true, inFile: false, protocol: 'smtp', from: 'a@b.example', user: 'u', folder: 'In', perMinute: 7, smtp: { address: 'h:587', tls: 'starttls' } }
    const set = settingsOf(draftOf(was), was, '')
    expect(set).toMatchObject({ folder: 'In', perMinute: 7, user: 'u', smtp: { address: 'h:587', tls: 'starttls' } })
    expect(set).not.toHaveProperty('password')
    expect(set).not.toHaveProperty('imap')
    expect(settingsOf({ ...draftOf(was), password: 'new' }, was, '').password).toBe('new')
  })
})
