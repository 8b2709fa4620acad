// The sandbox's Entra ID as a person meets it: its own pages, which are no part
// of the app, and its token endpoint.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the sandbox's Entra ID is, what is registered there, and who is known. */
export const entraOf = (data) => JSON.parse(readFileSync(join(data, 'sandbox.json'), 'utf8')).entra

/** The address on which a person signs in for a client, who gets a code. */
export function authorizeURL(entra, { tenant = entra.tenant, clientId, scope, redirect }) {
  const query = new URLSearchParams({ client_id: clientId, response_type: 'code', redirect_uri: redirect, scope, state: 's', nonce: 'n' })
  return `${entra.url}/${tenant}/oauth2/v2.0/authorize?${query}`
}

/** Picks an account, unless the client named it, and types its password, on the tenant's own pages. */
export async function signInAtEntra(page, entra, login) {
  const account = entra.accounts.find((one) => one.login.startsWith(`${login}@`))
  const [pick, password] = [page.getByRole('button', { name: account.name }), page.locator('input[name=password]')]
  await pick.or(password).first().waitFor()
  if (await pick.isVisible()) await pick.click()
  await password.fill(account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** What the token endpoint answers. curl, because it takes a CA for one call. */
export function tokenFrom(entra, form) {
  const args = Object.entries(form).flatMap(([key, value]) => ['--data-urlencode', `${key}=${value}`])
  const answer = JSON.parse(execFileSync('curl', ['-s', '--cacert', entra.caFile, `${entra.url}/${entra.tenant}/oauth2/v2.0/token`, ...args], { encoding: 'utf8' }))
  if (!answer.access_token) throw new Error(answer.error_description ?? JSON.stringify(answer))
  return answer.access_token
}
