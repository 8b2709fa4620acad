// Browsers for the journeys: one per person, and everything a page complains
// about is a failure.
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const wide = { width: 1360, height: 860 }
const patience = 40_000

export async function launch() {
  const executablePath = process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
  if (!executablePath) throw new Error('no Chromium found: install it, or name it in CHROMIUM')
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'] })
}

/** A person at a browser of their own. */
export async function person(browser, base, options = {}) {
  const context = await browser.newContext({ baseURL: base, viewport: wide, locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options })
  context.setDefaultTimeout(patience)
  const complaints = []
  context.on('page', (page) => watch(page, complaints))
  return { context, complaints, page: await context.newPage() }
}

function watch(page, complaints) {
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    // The browser itself reports refusals that a page handles, such as 401 before signing in.
    if (message.type() === 'error' && !/status of (401|404|409|412|422)/.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`)
  })
}

export async function signIn(page, login) {
  await page.goto('/sign-in')
  await page.getByLabel('Name or address').fill(login)
  await page.locator('input[name=password]').fill('signoff')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor()
}
