// A token for a program: Ana makes one, it calls in her name; an administrator
// switches the workflow API off and on, sees who called, tries a request, and
// ends the token.
import assert from 'node:assert/strict'
import { Acts } from '../acts.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'a program calls with a token, and an administrator says what it may call'

const tasks = '/api/workflow/v1/tasks'

export async function run({ browser, base }) {
  const ask = (token) => fetch(base + tasks, { headers: { Authorization: `Bearer ${token}` } })
  const ana = await person(browser, base)
  await signIn(ana.page, 'ana')
  const count = new Acts()
  const token = await made(ana.page, count)
  assert.match(token, /^sgn_[0-9A-Za-z]{38}$/)
  assert.equal((await ask(token)).status, 200)
  await ana.page.getByRole('button', { name: 'End Monthly report' }).waitFor()

  const admin = await person(browser, base)
  await signIn(admin.page, 'admin')
  await switchedOff(admin.page, () => ask(token))
  await seen(admin.page)
  await tried(admin.page, token)
  await admin.page.getByRole('button', { name: 'End Monthly report' }).click()
  await admin.page.getByRole('alertdialog').getByRole('button', { name: 'End' }).click()
  await admin.page.getByText('Monthly report has ended').waitFor()
  const refused = await ask(token)
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate'), /error="invalid_token", error_description="the access token is not known here"/)
  await mistakesAreSaidAtTheField(admin.page)
  assert.deepEqual([...ana.complaints, ...admin.complaints], [])
  return count
}

async function made(page, count) {
  await page.goto('/me')
  await count.press(page.getByRole('button', { name: 'New token' }), 'New token')
  await count.fill('its name', () => page.getByLabel('What is it for?').fill('Monthly report'))
  await count.press(page.getByRole('button', { name: 'Make the token' }), 'Make the token')
  const text = await page.locator('.token-text').textContent()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Close' }).last().click()
  assert.equal(await page.locator('.token-text').count(), 0, 'it is shown once')
  return text
}

async function switchedOff(page, ask) {
  await page.goto('/manage/apis')
  const workflow = page.locator('section', { has: page.getByRole('heading', { name: 'Workflow API' }) }).first()
  await workflow.getByText('Switched on').click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Every server goes by it now.').waitFor()
  const answer = await ask()
  assert.equal(answer.status, 404)
  assert.match((await answer.json()).Message, /switched off/)
  await workflow.getByText('off', { exact: true }).waitFor()
  await workflow.getByText('Switched on').click()
  await page.getByRole('button', { name: 'Save' }).click()
  await workflow.getByText('off', { exact: true }).waitFor({ state: 'detached' })
  assert.equal((await ask()).status, 200)
}

async function seen(page) {
  await page.goto('/manage/apis')
  await page.getByRole('row', { name: /Ana Silva\s*Monthly report Workflow API Personal token 2/ }).waitFor()
  // While an API is off nobody's token is looked at.
  await page.getByRole('row', { name: /Not recognised Workflow API Personal token 0 api-off, once/ }).waitFor()
}

async function tried(page, token) {
  await page.getByRole('textbox', { name: 'Token', exact: true }).fill(token)
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('200 OK').waitFor()
  await page.getByText('"itemCount"').waitFor()
  await page.getByRole('textbox', { name: 'Token', exact: true }).fill(`${token.slice(0, -1)}-`)
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('401 Unauthorized').waitFor()
  await page.getByRole('link', { name: 'What is wrong with it?' }).waitFor()
}

async function mistakesAreSaidAtTheField(page) {
  await page.goto('/manage/apis')
  await page.getByLabel('Sites whose pages may call it').first().fill('app.example.com')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/not an address|begins with https/).first().waitFor()
}
