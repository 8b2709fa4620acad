// Article A, in signoff: from nothing to the first API call with a token of an
// Entra tenant, counted; then what is done about it afterwards.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Acts } from '../acts.mjs'
import { call } from '../api.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'an Entra tenant is trusted, and its people call the API'

export async function run({ browser, base, data }) {
  const { entra } = JSON.parse(readFileSync(join(data, 'sandbox.json'), 'utf8'))
  const registered = (part) => entra.registrations.find((one) => one.name.includes(part))
  const token = await tokenOf(data, entra, registered('Web Client'), registered('Workflow API'), 'jane')
  assert.equal((await me(base, token)).status, 401, 'nobody is trusted yet')

  const admin = await person(browser, base)
  await signIn(admin.page, 'admin')
  const { page } = admin
  const count = new Acts()
  await count.fill('the address of the page', () => page.goto('/manage/trust'))
  await count.fill('the tenant', () => page.getByLabel('Tenant or issuer').fill(entra.tenant))
  await count.fill('the client ID', () => page.getByLabel('Audience').fill(registered('Workflow API').clientId))
  await page.getByText(`Entra tenant ${entra.tenant}, with`).waitFor()
  await count.press(page.getByRole('button', { name: 'Save' }), 'Save')
  await page.getByRole('heading', { name: 'Whose tokens count' }).waitFor()
  const answer = await me(base, token)
  assert.equal(answer.status, 200)
  assert.equal((await answer.json()).login, 'jane', 'found by her address, not made anew')
  assert.ok(count.done.length <= 4, count.done.join(', '))

  await somebodyNewAsks({ page, base, data, entra, registered })
  await itIsOnRecord(page)
  await mistakesAreSaidAtTheField(page, entra)
  await removed({ page, base, token })
  assert.deepEqual(admin.complaints, [])
  return count
}

// From now on people nobody knows wait; one does, and is let in.
async function somebodyNewAsks({ page, base, data, entra, registered }) {
  await page.getByRole('link', { name: 'Change', exact: true }).click()
  await page.getByRole('button', { name: /People nobody here knows/ }).click()
  await page.getByRole('option', { name: 'wait until an administrator lets them in' }).click()
  await page.getByRole('button', { name: /Applications that call by themselves/ }).click()
  await page.getByRole('option', { name: 'may call when they are listed' }).click()
  await page.getByLabel('Applications', { exact: true }).fill(registered('Daemon').clientId)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Whose tokens count' }).waitFor()
  const token = await tokenOf(data, entra, registered('Daemon'), registered('Workflow API'))
  const refused = await me(base, token)
  assert.equal(refused.status, 403)
  assert.equal((await refused.json()).code, 'person-awaits-admission')
  await page.goto('/manage/trust')
  await page.getByRole('link', { name: 'See who' }).click()
  await page.getByRole('button', { name: 'Make an account' }).click()
  await page.getByText('has an account now').waitFor()
  assert.equal((await me(base, token)).status, 200)
}

async function itIsOnRecord(page) {
  await page.goto('/manage/changes?what=trust')
  await page.getByText('Show what is different').first().click()
  await page.getByRole('row', { name: /newcomers create ask/ }).waitFor()
}

async function mistakesAreSaidAtTheField(page, entra) {
  await page.goto('/manage/trust?add')
  await page.getByLabel('Tenant or issuer').fill('nowhere.test')
  await page.getByText(/Nothing usable was found at nowhere.test/).waitFor()
  await page.getByLabel('Tenant or issuer').fill(entra.tenant)
  await page.getByLabel('Audience').fill(entra.tenant)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/is the tenant/).waitFor()
}

async function removed({ page, base, token }) {
  await page.goto('/manage/trust')
  await page.getByRole('button', { name: 'Fetch keys now' }).click()
  await page.getByText('The keys are fresh').waitFor()
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByText('Nobody’s tokens count yet', { exact: false }).waitFor()
  assert.equal((await me(base, token)).status, 401)
  assert.equal((await call(base, 'admin', 'GET', '/trust')).issuers.length, 0)
}

const me = (base, token) => fetch(`${base}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } })

// A token as a client program gets it, from the sandbox's Entra: for a person,
// or for the application itself. curl, because it takes a CA for one call.
async function tokenOf(data, entra, client, api, login) {
  const form = {
    client_id: client.clientId,
    client_secret: client.secret,
    ...(login
      ? { grant_type: 'password', username: `${login}@${entra.domain}`, password: 'signoff', scope: `${api.identifierUri}/user_impersonation` }
      : { grant_type: 'client_credentials', scope: `${api.identifierUri}/.default` }),
  }
  const args = Object.entries(form).flatMap(([key, value]) => ['--data-urlencode', `${key}=${value}`])
  const text = execFileSync('curl', ['-s', '--cacert', entra.caFile, `${entra.url}/${entra.tenant}/oauth2/v2.0/token`, ...args], { encoding: 'utf8' })
  const { access_token: token, error_description: why } = JSON.parse(text)
  assert.ok(token, why)
  return token
}
