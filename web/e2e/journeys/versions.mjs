// A step has another id in the new version: the page says what is in the way,
// offers the steps there are, and moves the requests; Changes has both.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { call, startMany } from '../api.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'running requests are moved to a version whose step has another id'

const leave = readFileSync(new URL('../../../samples/leave.bpmn', import.meta.url), 'utf8')

export async function run({ browser, base }) {
  const [first] = await startMany(base, 2)
  await call(base, 'admin', 'POST', '/workflows', leave.replaceAll('Activity_12yey56', 'Approval'), 'application/xml')
  const { page, context, complaints } = await person(browser, base)
  await signIn(page, 'admin')
  await page.goto('/manage/workflows/leave')
  await page.getByRole('button', { name: 'Move running requests here… version 2' }).click()
  const dialog = page.getByRole('dialog')
  const move = dialog.getByRole('button', { name: 'Move them' })
  await dialog.getByText('Nothing can be moved as it stands.').waitFor()
  assert.ok(await move.isDisabled(), 'what is in the way is not to be pressed away')
  await dialog.getByRole('button', { name: /Approve leave \(Activity_12yey56\) is now/ }).click()
  await page.getByRole('option', { name: 'Approve leave (Approval)' }).click()
  await dialog.getByText('All 2 requests can be moved.').waitFor()
  await dialog.getByLabel('Why').fill('Clearer names')
  await move.click()
  await page.getByText('2 of 2 dealt with').waitFor()
  await page.goto('/manage/workflows/leave')
  await page.getByRole('button', { name: 'Use for new requests…' }).click()
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByText('New requests get version 1.').waitFor()
  await page.goto('/manage/changes')
  await page.getByText('made version 1 of leave the one that new requests get').waitFor()
  await page.getByText('ordered 2 requests of leave to go on with version 2: Clearer names').waitFor()
  assert.match(await page.title(), /^Changes · /, 'the tab is called as the page, not as the frame around it')
  const { version } = await call(base, 'admin', 'GET', `/instances/${first}`)
  assert.equal(version, 2)
  assert.deepEqual(complaints, [])
  await context.close()
}
