import type { Directory } from '../api/types'

/** An Active Directory as most firms have it. */
export const fresh: Directory = {
  name: '',
  type: 'ldap',
  on: true,
  byAddress: false,
  mostPercent: 10,
  everyMinutes: 15,
  ldap: { servers: [], security: 'ldaps', signIn: true },
}

/** A new directory of a type: one that is read, or one that writes here. */
export function freshOf(type: string): Directory {
  const { ldap: _, ...plain } = fresh
  if (type === 'graph') return { ...plain, type, everyMinutes: 30, graph: { tenant: '', clientId: '' } }
  if (type === 'scim') return { ...plain, type, everyMinutes: 0, mostPercent: 0, scim: {} }
  return fresh
}

export type Graph = NonNullable<Directory['graph']>
export type Scim = NonNullable<Directory['scim']>
export type Ldap = NonNullable<Directory['ldap']>

/** What is saved: an empty password is none given, and the server keeps the one it has. */
export function tidy(draft: Directory): Directory {
  if (draft.graph) {
    const { secret, hasSecret: _, ...graph } = draft.graph
    return { ...draft, name: draft.name.trim(), graph: { ...graph, ...(secret ? { secret } : {}) } }
  }
  if (!draft.ldap) return { ...draft, name: draft.name.trim() }
  const { password, hasPassword: _, ...ldap } = draft.ldap
  return { ...draft, name: draft.name.trim(), ldap: { ...ldap, ...(password ? { password } : {}) } }
}

/** All directories with one of them replaced, or added when it was not there. */
export function withDirectory(all: readonly Directory[], one: Directory, was: string): { all: Directory[]; place: number } {
  const tidied = all.map(tidy)
  const place = all.findIndex((other) => other.name === was)
  if (place < 0) return { all: [...tidied, one], place: all.length }
  tidied[place] = one
  return { all: tidied, place }
}

/** Whether the password that is kept may still be used: only where it was given for. */
export function keepsPassword(was: Directory, now: Directory): boolean {
  const key = (one: Directory) => JSON.stringify([one.name, one.ldap?.servers, one.ldap?.domain ?? '', one.ldap?.security, one.ldap?.bind ?? '', (one.ldap?.ca ?? '').trim()]).toLowerCase()
  return was.ldap?.hasPassword === true && key(was) === key(now)
}

/** Whether the secret that is kept may still be used: only for the application it was given for. */
export function keepsSecret(was: Directory, now: Directory): boolean {
  const key = (one: Directory) => JSON.stringify([one.name, one.graph?.tenant, one.graph?.clientId, one.graph?.authority ?? '', one.graph?.graph ?? '']).toLowerCase()
  return was.graph?.hasSecret === true && key(was) === key(now)
}

/** Mistakes by the field of the form they are about: "body.directories[1].ldap.base" is base. */
export function errorsAt<T extends { field: string }>(fields: readonly T[], place: number): T[] {
  const prefixes = [`directories[${place}].`, 'directory.']
  return fields.map((one) => {
    const path = one.field.replace(/^body\./, '')
    const prefix = prefixes.find((some) => path.startsWith(some))
    if (prefix === undefined) return one
    const inner = path.slice(prefix.length).replace(/^graph\.groups/, 'chosen').replace(/^everyMinutes/, 'every')
    return { ...one, field: inner.replace(/^(ldap|graph|scim)\./, '') }
  })
}

/** The fields that a form shows, so that a mistake at another one is not lost. */
export function shownFields(draft: Directory, isNew: boolean): string[] {
  const { ldap, graph, scim } = draft
  return [
    ...(isNew ? ['name', 'type'] : []),
    ...(ldap ? ['domain', 'servers', 'security', 'ca', 'bind', 'password', 'base', 'peopleBase', 'peopleFilter'] : []),
    ...(ldap?.signIn ? ['domains'] : []),
    ...(ldap && !ldap.noGroups ? ['groupsBase', 'groupsFilter'] : []),
    ...(graph ? ['tenant', 'clientId', 'secret', 'authority', 'graph'] : []),
    ...(graph && !graph.noGroups ? ['chosen'] : []),
    ...(scim ? ['tenant', 'application'] : ['mostPercent', 'every']),
  ]
}
