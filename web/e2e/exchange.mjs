// Article B in a browser: an application is registered in Entra, signoff is told
// of it, and the article's three examples run to their end. What is done in
// signoff and in Microsoft's window is counted up to the first mail; what is done
// in Entra's portal is counted apart. docs/article-b.md tells it.
import assert from 'node:assert/strict'
import { Acts } from './acts.mjs'
import { person, signIn } from './browser.mjs'
import { entraOf, signInAtEntra } from './entra.mjs'
import { axeFaults } from './journeys/looks.mjs'
import { fillLeave, reachesEnd } from './leave.mjs'

const most = 7

/** Walks the article over one protocol; rights are what the registration asks for. */
export async function articleB({ browser, base, data }, { way, rights }) {
  const entra = entraOf(data)
  const [admin, ana] = await Promise.all([person(browser, base, { ignoreHTTPSErrors: true, bypassCSP: true }), person(browser, base, { ignoreHTTPSErrors: true })])
  await Promise.all([signIn(admin.page, 'admin'), signIn(ana.page, 'ana')])
  const there = new Acts()
  const app = await registered(admin, base, there, rights)
  const acts = await firstMail(admin, (page) => registration(page, entra, app, way), (send, acts) =>
    inWindow(admin, send, (window) => acts.fill('the account’s sign-in, in Microsoft’s window', () => signInAtEntra(window, entra, 'workflow')), acts),
  )
  assert.ok(acts.done.length <= most, acts.done.join(', '))
  console.log(`  in Entra, apart: ${there.done.length} acts: ${there.done.join(', ')}`)

  await approvedByReply(ana)
  await connectsAndGoesOn(ana, entra)
  assert.deepEqual([...admin.complaints, ...ana.complaints], [])
  return acts
}

/** Connects an Exchange Server of one's own: no registration, no window. */
export async function ownServer({ browser, base }) {
  const admin = await person(browser, base, { bypassCSP: true })
  await signIn(admin.page, 'admin')
  const { exchange } = await (await fetch(`${base}/sandbox/api/places`)).json()
  // The sandbox's Exchange takes passwords when it is one of a firm's own.
  await fetch(`${base}/sandbox/exchange/ews/policy`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{"onPremises":true}' })
  const acts = await firstMail(admin, async (page) => {
    await pick(page, 'Exchange Server of your own')
    await page.getByRole('textbox', { name: 'Server' }).fill(exchange.ews)
    await page.getByRole('textbox', { name: 'Account' }).fill('workflow@contoso.test')
    await page.getByLabel('Password').fill('signoff')
  }, (send) => send())
  assert.deepEqual(admin.complaints, [])
  return acts
}

async function registration(page, entra, app, way) {
  if (way) await pick(page, way)
  await page.getByLabel('Tenant').fill(entra.domain)
  await page.getByLabel('Application (client) ID').fill(app.id)
  await page.getByLabel('Client secret').fill(app.secret)
}

async function pick(page, way) {
  await page.getByRole('button', { name: /What kind of Exchange/ }).click()
  await page.getByRole('option', { name: way }).click()
}

// What the Azure portal is for a real tenant.
async function registered({ page }, base, acts, rights) {
  await page.goto('/sandbox/entra/')
  await page.getByLabel('Name of a new registration').fill('Our workflows')
  await acts.press(page.getByRole('button', { name: 'Register' }), 'Register')
  await page.getByRole('heading', { name: 'Our workflows' }).waitFor()
  const id = await page.locator('dd code').first().textContent()
  await page.getByLabel('Redirect URIs, Web').fill(`${base}/oauth/callback`)
  await acts.press(page.getByRole('button', { name: 'Save' }), 'Save the redirect address')
  for (const right of rights) {
    await page.locator('select[name=permission]').selectOption({ label: `${right} (as a person)` })
    await acts.press(page.getByRole('button', { name: 'Add permission' }), `Add ${right}`)
  }
  await acts.press(page.getByRole('button', { name: 'Grant admin consent for Contoso' }), 'Grant admin consent')
  await acts.press(page.getByRole('button', { name: 'New client secret' }), 'New client secret')
  const secret = await page.getByRole('status').locator('code').textContent()
  await page.goto('/inbox')
  return { id, secret }
}

// From the inbox to a mail that Exchange sent. fill enters what is particular,
// through presses Connect and does what that leads to.
async function firstMail(admin, fill, through) {
  const { page } = admin
  const acts = new Acts()
  await acts.press(page.getByRole('link', { name: 'Manage' }), 'Manage')
  await acts.press(page.getByRole('link', { name: 'Exchange', exact: true }), 'Exchange')
  await acts.fill('the mailbox and how to sign in', async () => {
    await fill(page)
    await page.getByRole('textbox', { name: 'Mailbox' }).fill('workflow@contoso.test')
  })
  await through(async () => {
    await page.locator('input[type=password]').press('Enter')
    acts.done.push('press Connect')
  }, acts)
  await page.getByText('Exchange is connected').waitFor()
  await acts.press(page.getByRole('button', { name: 'Send me a test' }), 'Send me a test')
  await page.getByText('Everything works').waitFor()
  await (await opened(admin, 'admin', /A test of signoff/)).close()
  await page.reload() // who comes back sees that it is connected
  await page.getByText('Exchange is connected').waitFor()
  assert.deepEqual(await axeFaults(page), [])
  return acts
}

// The article's first example: a task mail from the connected mailbox, "Approve"
// as the answer, and a confirmation.
async function approvedByReply(ana) {
  const { page } = ana
  await page.goto('/start/leave')
  await fillLeave(page)
  await page.getByRole('button', { name: 'Start' }).click()
  await page.waitForURL(/\/requests\/\d+$/)
  const mailbox = await opened(ana, 'jane', /Leave for Ana Silva/)
  await mailbox.getByRole('button', { name: 'Reply “Approve”' }).click()
  await reachesEnd(page, 'Leave granted')
  await page.getByText('· by mail').first().waitFor()
  await (await opened(ana, 'ana', /Approved: Leave for Ana Silva/)).close()
  await (await opened(ana, 'jane', /^(?!.*Leave for Ana Silva.*asks).*Re: /)).close()
  await mailbox.close()
}

// The second and the third: a mail whose id the last step forwards, and between
// them a step with Ana's own account, who has connected none yet.
async function connectsAndGoesOn(ana, entra) {
  const { page } = ana
  await page.goto('/start/visit')
  await page.getByLabel('E-mail address of the visitor').fill('bob@contoso.test')
  await page.getByLabel('Day').fill('2027-03-02')
  await page.getByRole('button', { name: 'Start' }).click()
  await page.waitForURL(/\/requests\/\d+$/)
  const request = page.url()
  await (await opened(ana, 'bob', /Your visit on/)).close()

  await page.goto('/inbox')
  const card = page.getByRole('region', { name: 'Accounts to connect' })
  await card.getByText('Connect your account').waitFor()
  await inWindow(ana, () => card.getByRole('button', { name: /^Connect/ }).click(), (window) => signInAtEntra(window, entra, 'ana'))
  await card.waitFor({ state: 'detached' })
  await page.goto(request)
  await page.getByText('Completed').waitFor()
  await (await opened(ana, 'admin', /Your visit on/)).close()
}

// A mail in somebody's mailbox, on a page of its own.
async function opened({ context }, mailbox, subject) {
  const page = await context.newPage()
  await page.goto(`/sandbox/${mailbox}`)
  await page.getByRole('region', { name: 'Messages' }).getByRole('link', { name: subject }).first().click()
  return page
}

// Goes through the window that a press opens, to its end, consent included where
// Entra asks for it.
async function inWindow({ context }, press, through, acts = new Acts()) {
  const [window] = await Promise.all([context.waitForEvent('page'), press()])
  await through(window)
  const agree = window.getByRole('button', { name: 'Accept' })
  await Promise.race([agree.waitFor().then(() => acts.press(agree, 'Accept')), window.waitForEvent('close')]).catch(() => {})
  if (!window.isClosed()) await window.waitForEvent('close')
}
