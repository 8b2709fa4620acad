import type { Directory, SignInProvider, TrustedIssuer } from '../../api/types'

/** Another system that people and groups come from. */
export interface System {
  id: string
  label: string
}

/** The systems that this server knows, each once, as links name them. */
export function systemsOf(issuers: readonly TrustedIssuer[], providers: readonly SignInProvider[], directories: readonly Directory[]): System[] {
  const found = new Map<string, string[]>()
  const add = (id: string, name: string) => {
    const names = found.get(id) ?? []
    if (!names.includes(name)) found.set(id, [...names, name])
  }
  for (const one of issuers) {
    for (const tenant of one.tenants ?? []) add(entra(tenant), one.name)
    if (one.url) add(`oidc:${one.url}`, one.name)
  }
  for (const one of providers) {
    if (one.tenant) add(entra(one.tenant), one.name)
    else add(`oidc:${one.issuer}`, one.name)
  }
  for (const one of directories) {
    if (one.graph) add(entra(one.graph.tenant), one.name)
    else add(`${one.scim ? 'scim' : 'ldap'}:${one.name}`, one.name)
    if (one.scim?.tenant) add(entra(one.scim.tenant), one.name)
  }
  return [...found].map(([id, names]) => ({ id, label: `${names.join(', ')} (${id})` }))
}

const entra = (tenant: string) => `entra:${tenant.toLowerCase()}`
