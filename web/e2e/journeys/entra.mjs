// The sandbox's own Entra pages: axe finds nothing and nothing scrolls sideways,
// light and dark, wide and at 320 px. They are what people see who try signing
// in, so they are held to what the app's pages are held to.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { person } from '../browser.mjs'
import { authorizeURL, entraOf } from '../entra.mjs'
import { axeFaults, sideways } from './looks.mjs'

export const name = 'the sandbox’s Entra pages: axe, widths'

const shots = new URL('../shots/', import.meta.url)

const looks = [
  { tag: 'wide-light', viewport: { width: 1360, height: 860 }, colorScheme: 'light' },
  { tag: 'narrow-dark', viewport: { width: 320, height: 640 }, colorScheme: 'dark' },
]

export async function run({ browser, base, data }) {
  mkdirSync(shots, { recursive: true })
  const entra = entraOf(data)
  const wrong = []
  for (const look of looks) {
    const who = await person(browser, base, { viewport: look.viewport, colorScheme: look.colorScheme, bypassCSP: true, ignoreHTTPSErrors: true })
    for await (const page of pagesOf(who.page, entra)) {
      await who.page.screenshot({ path: new URL(`entra-${page}-${look.tag}.png`, shots).pathname, fullPage: page !== 'console' })
      for (const fault of [...(await axeFaults(who.page)), ...(await sideways(who.page))]) wrong.push(`${page} ${look.tag}: ${fault}`)
    }
    for (const complaint of who.complaints) wrong.push(`${look.tag}: ${complaint}`)
    await who.context.close()
  }
  assert.deepEqual(wrong, [])
}

// Each page in turn, by its name; the same person walks from one to the next.
async function* pagesOf(page, entra) {
  const client = entra.registrations.find(({ name: called }) => called.includes('Web Client'))
  const api = entra.registrations.find(({ name: called }) => called.includes('Workflow API'))
  await page.goto('/sandbox/entra/')
  yield 'console'
  await page.getByRole('link', { name: 'Contoso Web Client' }).click()
  await page.getByRole('heading', { name: 'Contoso Web Client' }).waitFor()
  yield 'registration'
  await page.goto(`${authorizeURL(entra, { clientId: client.clientId, scope: `openid ${api.identifierUri}/user_impersonation`, redirect: client.redirectUris[0] })}&prompt=consent`)
  yield 'accounts'
  await page.getByRole('button', { name: 'Jane Doe' }).click()
  yield 'password'
  await page.locator('input[name=password]').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  yield 'password-wrong'
  await page.locator('input[name=password]').fill('signoff')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Accept' }).waitFor()
  yield 'consent'
  await page.goto(`${entra.url}/devicelogin`)
  yield 'device'
  await page.goto(`${entra.url}/error?code=50011`)
  yield 'error'
  await page.goto(`${entra.url}/${entra.tenant}/oauth2/v2.0/logout`)
  yield 'signed-out'
}
