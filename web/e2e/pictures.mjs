// Makes the pictures of the README, from the program itself.
import { mkdirSync, statSync } from 'node:fs'
import assert from 'node:assert/strict'
import { call, openTask, startMany } from './api.mjs'
import { person, signIn } from './browser.mjs'

export const name = 'the pictures of the README'

const folder = new URL('../../docs/pictures/', import.meta.url)
const maxBytes = 120 * 1024
const screen = { width: 1080, height: 640 }

export async function run({ browser, base }) {
  mkdirSync(folder, { recursive: true })
  const ids = await startMany(base, 4)
  await call(base, 'bob', 'POST', '/workflows/expense/instances', { variables: await expense(base) }).catch(() => {})
  const serial = await openTask(base, ids[3])
  const last = await openTask(base, ids[0])

  const jane = await person(browser, base, { viewport: screen })
  await signIn(jane.page, 'jane')
  await jane.page.goto(`/inbox/${serial}`)
  await jane.page.locator('.decision').waitFor()
  await take(jane.page, 'inbox.png')

  await jane.page.goto('/sandbox/jane')
  await jane.page.locator('.mail-row', { hasText: 'Leave for Ana Silva' }).first().click()
  await jane.page.locator('.reply').waitFor()
  await jane.page.frameLocator('.mail-frame').getByText('Ana Silva').first().waitFor()
  await take(jane.page, 'mailbox.png')

  const ana = await person(browser, base, { viewport: screen })
  await signIn(ana.page, 'ana')
  await ana.page.goto(`/requests/${ids[0]}`)
  await ana.page.locator('.diagram-place[data-drawn]').waitFor()
  await take(ana.page, 'request.png')
  await call(base, 'jane', 'POST', `/tasks/${last}/decision`, { action: 'Approve', comment: 'Enjoy!' })
  await ana.page.getByText('Completed').waitFor()
  await take(ana.page, 'request-done.png')

  const phone = await person(browser, base, { viewport: { width: 390, height: 760 }, colorScheme: 'dark' })
  await signIn(phone.page, 'jane')
  await phone.page.goto(`/tasks/${serial}`)
  await phone.page.locator('.decision').waitFor()
  await take(phone.page, 'phone.png')
}

// Whatever an expense asks for, filled in from its own description.
async function expense(base) {
  const { variables } = await call(base, 'bob', 'GET', '/workflows/expense')
  const samples = { number: 240, date: '2027-01-15', boolean: true, dateTime: '2027-01-15T10:00:00Z', duration: 'P1D', json: {} }
  return Object.fromEntries(variables.filter((one) => one.input).map((one) => [one.name, one.choices?.[0] ?? samples[one.type] ?? 'Dinner with a customer']))
}

async function take(page, file) {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.mouse.move(0, 0)
  const path = new URL(file, folder).pathname
  await page.screenshot({ path })
  assert.ok(statSync(path).size <= maxBytes, `${file} is larger than ${maxBytes} bytes`)
}
