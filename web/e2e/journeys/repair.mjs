// What cannot go on is put right on the page: a step is skipped, a request is
// stopped, let go on, moved to another step and deleted, and two problems of one
// cause are retried with one order.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { call, startMany } from '../api.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'an administrator puts requests right'

const leave = readFileSync(new URL('../../../samples/leave.bpmn', import.meta.url), 'utf8')

export async function run({ browser, base }) {
  const [fine] = await startMany(base, 1)
  await call(base, 'admin', 'POST', '/workflows', leave.replace('<signoff:recipient person="jane" />', '<signoff:recipient person="zoe" />'), 'application/xml')
  const [failed] = await startMany(base, 3)
  const { page, context, complaints } = await person(browser, base)
  await signIn(page, 'admin')

  await page.goto(`/requests/${failed}`)
  await page.getByRole('button', { name: 'Skip…' }).click()
  const skip = page.getByRole('dialog')
  await skip.getByRole('button', { name: 'Skip it' }).click()
  await skip.getByText('Say why you do this.').waitFor()
  await skip.getByText('Choose what the task counts as decided with.').waitFor()
  await skip.getByRole('button', { name: /Counts as decided with/ }).click()
  await page.getByRole('option', { name: 'Approve' }).click()
  await skip.getByLabel('Why').fill('Agreed by phone')
  await skip.getByRole('button', { name: 'Skip it' }).click()
  await page.getByText('Agreed by phone').first().waitFor()
  await page.locator('.badge').getByText('Completed').waitFor()

  await page.goto(`/requests/${fine}`)
  await page.getByText(/waits for Jane Doe since/).waitFor()
  await put(page, 'Stop…', 'Stop it', 'Wrong prices')
  await page.getByText('because: Wrong prices').waitFor()
  await page.getByRole('button', { name: 'Let it go on' }).click()
  await page.getByText(/waits for Jane Doe since/).waitFor()
  await put(page, 'Move to a step…', 'Move it', 'She said yes on the way out', async (dialog) => {
    await dialog.getByRole('button', { name: /^(Choose… )?To/ }).click()
    await page.getByRole('option', { name: 'Tell starter: approved' }).click()
  })
  await page.locator('.badge').getByText('Completed').waitFor()
  await put(page, 'Delete…', 'Delete it', 'Entered twice')
  await page.waitForURL('**/manage/instances')
  assert.equal(await page.locator(`a[href="/requests/${fine}"]`).count(), 0, 'it is gone')

  await page.goto('/manage/incidents')
  await page.getByRole('button', { name: 'Retry all 2' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click()
  await page.getByText('2 of 2 dealt with').waitFor()
  assert.deepEqual(complaints, [])
  await context.close()
}

async function put(page, what, button, reason, more) {
  await page.getByRole('button', { name: 'Put it right' }).click()
  await page.getByRole('menuitem', { name: what }).click()
  const dialog = page.locator('.dialog')
  await more?.(dialog)
  await dialog.getByLabel('Why').fill(reason)
  await dialog.getByRole('button', { name: button }).click()
}
