// An administrator describes Microsoft 365 and connects the service account in
// the provider's window; Jane connects her own account, and ends that again. What a
// service signs in with is not removed.
import { entraOf, signInAtEntra } from '../entra.mjs'
import { call } from '../api.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'accounts are connected to Microsoft 365 in the provider’s window'

export async function run({ browser, base, data, pictures }) {
  const entra = entraOf(data)
  const client = entra.registrations.find((one) => one.name.includes('Mail Service'))
  const admin = await person(browser, base, { ignoreHTTPSErrors: true })
  const { page } = admin
  await signIn(page, 'admin')
  await page.goto('/manage/oauth')
  await page.getByRole('link', { name: 'Add a resource' }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill('Microsoft 365')
  await page.getByLabel('Directory (tenant) id').fill(entra.tenant)
  await page.getByLabel('Authority').fill(entra.url)
  await page.getByLabel('Application (client) id').fill(client.clientId)
  await page.getByRole('button', { name: /How this server proves/ }).click()
  await page.getByRole('option', { name: 'With a client secret' }).click()
  await page.getByRole('textbox', { name: 'Client secret' }).fill(client.secret)
  await page.getByLabel('Audience').fill('https://outlook.office365.com')
  await pictures?.(page, 'oauth-form')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByText(`${base}/oauth/callback`).first().waitFor()
  await page.getByRole('button', { name: 'Check' }).click()
  await page.getByText('The provider knows this application').waitFor()

  await inWindow(admin, entra, 'workflow', () => page.getByRole('button', { name: 'Connect the service account' }).click())
  await page.getByText('Microsoft 365 is connected, as workflow@contoso.test.').waitFor()
  await page.getByRole('rowheader', { name: 'Service account' }).waitFor()
  await pictures?.(page, 'oauth-one')

  await call(base, 'admin', 'POST', '/services', { name: 'office', title: 'Office', type: 'exchange', mode: 'service', resource: 'microsoft-365' })
  await page.getByRole('button', { name: 'Remove' }).first().click()
  const asked = page.getByRole('alertdialog')
  await asked.getByRole('button', { name: 'Remove' }).click()
  await asked.getByText('It is used by the service Office. Let them sign in another way, or remove them, first.').waitFor()
  await pictures?.(page, 'oauth-used')
  await asked.getByRole('button', { name: 'Cancel' }).click()

  await ownKind(page, pictures)

  const jane = await person(browser, base, { ignoreHTTPSErrors: true })
  await signIn(jane.page, 'jane')
  await jane.page.goto('/me')
  await inWindow(jane, entra, 'jane', () => jane.page.getByRole('button', { name: 'Connect Microsoft 365' }).click())
  await jane.page.getByText('as jane@contoso.test').first().waitFor()
  await pictures?.(jane.page, 'oauth-me')
  await jane.page.getByRole('button', { name: 'Disconnect Microsoft 365' }).click()
  await jane.page.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click()
  await jane.page.getByRole('button', { name: 'Connect Microsoft 365' }).waitFor()
}

/** A kind of provider of one's own: a mistake is said at its field, then it is kept, and removed. */
async function ownKind(page, pictures) {
  await page.goto('/manage/oauth')
  await page.getByRole('link', { name: 'Kinds of providers' }).click()
  await page.getByRole('link', { name: 'Add a kind of provider' }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill('House login')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('house')
  await page.getByRole('button', { name: 'Add a parameter' }).click()
  const second = page.getByRole('group', { name: 'Parameter 2' })
  await second.getByRole('textbox', { name: 'Parameter', exact: true }).fill('client_id')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  const client = page.getByRole('group', { name: 'client_id' })
  await client.getByText('Is filled in by signoff itself').waitFor()
  await pictures?.(page, 'oauth-type-form')
  await client.getByRole('textbox', { name: 'Parameter', exact: true }).fill('prompt')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('heading', { name: 'House login' }).waitFor()
  await page.getByText('scope, prompt', { exact: true }).waitFor()
  await pictures?.(page, 'oauth-types')
  await page.getByRole('button', { name: 'Remove House login' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('heading', { name: 'House login', exact: true }).waitFor({ state: 'detached' })
}

/** Goes through the window that a press opens, to its end. */
async function inWindow(who, entra, login, press) {
  const [window] = await Promise.all([who.context.waitForEvent('page'), press()])
  await signInAtEntra(window, entra, login)
  const agree = window.getByRole('button', { name: 'Accept' })
  await Promise.race([agree.waitFor().then(() => agree.click()), window.waitForEvent('close')]).catch(() => {})
  if (!window.isClosed()) await window.waitForEvent('close')
}
