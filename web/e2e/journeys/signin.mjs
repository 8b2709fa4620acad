// An administrator lets people sign in with Entra; jane does, sees where she is
// signed in, and ends another session.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { person, signIn } from '../browser.mjs'

export const name = 'people sign in with Entra, and see where they are signed in'

export async function run({ browser, base, data }) {
  const { entra } = JSON.parse(readFileSync(join(data, 'sandbox.json'), 'utf8'))
  const client = entra.registrations.find((one) => one.name.includes('Web Client'))
  const open = { ignoreHTTPSErrors: true }

  const admin = await person(browser, base, open)
  await signIn(admin.page, 'admin')
  await admin.page.goto('/manage/signin')
  await admin.page.getByRole('link', { name: 'Add a provider' }).click()
  await admin.page.getByLabel('Tenant or issuer').fill('contoso.test')
  await admin.page.getByLabel('Client ID').fill(client.clientId)
  await admin.page.getByLabel('Client secret').fill(client.secret)
  await admin.page.getByLabel('Name', { exact: true }).fill('Contoso')
  await admin.page.getByRole('button', { name: 'Save' }).click()
  await admin.page.getByRole('heading', { name: 'Contoso' }).waitFor()
  await admin.page.getByText(`${base}/oauth/callback`, { exact: true }).waitFor()

  const [tab] = await Promise.all([admin.context.waitForEvent('page'), admin.page.getByRole('link', { name: 'Test', exact: true }).click()])
  await atEntra(tab, 'jane')
  await tab.getByRole('heading', { name: 'What the test found out' }).waitFor()
  await tab.getByText('preferred_username').waitFor()
  assert.equal(await tab.getByText('jane@contoso.test').first().isVisible(), true)
  await tab.close()

  await admin.page.getByRole('textbox', { name: 'Error' }).fill('AADSTS50011')
  await admin.page.getByRole('button', { name: 'Explain' }).click()
  await admin.page.getByText('does not know the address').waitFor()

  // Whoever was let in by address before keeps their tasks; jane is found so.
  await admin.page.getByRole('link', { name: 'Change', exact: true }).click()
  await admin.page.getByText('A proven mail address finds an existing account').click()
  await admin.page.getByRole('button', { name: 'Save' }).click()
  await admin.page.getByRole('link', { name: 'Add a provider' }).waitFor()

  const jane = await person(browser, base, open)
  await jane.page.goto('/requests')
  await jane.page.getByRole('link', { name: 'Sign in with Contoso' }).click()
  await atEntra(jane.page, 'jane')
  await jane.page.getByRole('heading', { level: 1, name: 'My requests' }).waitFor()

  const other = await person(browser, base)
  await other.page.goto('/sign-in')
  await other.page.getByRole('button', { name: 'Use a name and password' }).click()
  await other.page.getByLabel('Name or address').fill('jane')
  await other.page.locator('input[name=password]').fill('signoff')
  await other.page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await other.page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor()

  await jane.page.goto('/me')
  await jane.page.getByText('with Contoso').waitFor()
  await jane.page.getByText('with a password').waitFor()
  await jane.page.getByRole('button', { name: /^Sign out: / }).click()
  await jane.page.getByText('with a password').waitFor({ state: 'detached' })
  await other.page.goto('/requests')
  await other.page.getByRole('link', { name: 'Sign in with Contoso' }).waitFor()

  // Signing out here signs out there: Entra asks again.
  await jane.page.getByRole('button', { name: /Account/ }).click()
  await jane.page.getByRole('menuitem', { name: 'Sign out' }).click()
  await jane.page.waitForURL((url) => url.href.startsWith(entra.url) || url.pathname === '/sign-in')
  assert.deepEqual(
    [...admin.complaints, ...jane.complaints, ...other.complaints].filter((one) => !one.includes(entra.url)),
    [],
  )
}

/** Goes through Entra's pages: the account, the password if it is asked for, and what is to be agreed to. */
async function atEntra(page, who) {
  const address = `${who}@contoso.test`
  await page.getByRole('button', { name: address }).click()
  const password = page.locator('input[name=password]')
  const accept = page.locator('button[value=accept]')
  const back = page.getByRole('heading', { name: /What the test found out|My requests/ })
  await password.or(accept).or(back).first().waitFor()
  if (await password.isVisible()) {
    await password.fill('signoff')
    await page.locator('button[value=password]').click()
    await accept.or(back).first().waitFor()
  }
  if (await accept.isVisible()) await accept.click()
}
