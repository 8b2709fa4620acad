// What else one does with a task: sleep and wake it, share it, hand it to somebody else;
// and the starter takes the request back.
import assert from 'node:assert/strict'
import { startMany } from '../api.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'sleep, wake, share, redirect, cancel'

export async function run({ browser, base }) {
  const [instance] = await startMany(base, 1)
  const [jane, bob, ana] = await Promise.all([person(browser, base), person(browser, base), person(browser, base)])
  await Promise.all([signIn(jane.page, 'jane'), signIn(bob.page, 'bob'), signIn(ana.page, 'ana')])
  const { page } = jane
  const task = page.getByRole('option', { name: /Approve leave/ })

  await task.click()
  await more(page, 'Sleep…')
  await page.getByRole('dialog').getByRole('button', { name: 'Sleep' }).click()
  await page.getByText('All done. Nothing waits for you.').waitFor()
  await page.getByRole('link', { name: /^Sleeping/ }).click()
  await task.click()
  await page.getByRole('button', { name: 'Wake it now' }).click()
  await page.getByRole('link', { name: /^Waiting/ }).click()
  await task.click()

  // Shared, it stays in Jane's inbox, and Alex may decide it, too.
  await more(page, 'Share…')
  const share = page.getByRole('dialog')
  await share.getByRole('button', { name: 'Share' }).click()
  await share.getByText('Choose somebody from the list.').waitFor()
  await share.getByRole('combobox').fill('admin')
  await page.getByRole('option', { name: /Alex Admin/ }).click()
  await share.getByLabel(/^Comment/).fill('You know the team.')
  await share.getByRole('button', { name: 'Share' }).click()
  await share.waitFor({ state: 'detached' })
  await task.waitFor()
  await page.getByText('Alex Admin').first().waitFor()

  await more(page, 'Redirect…')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Redirect' }).click()
  await dialog.getByText('Choose somebody from the list.').waitFor()
  await dialog.getByRole('combobox').fill('bob')
  await page.getByRole('option', { name: /Bob Stone/ }).click()
  await dialog.getByRole('button', { name: 'Redirect' }).click()
  await page.getByText('All done. Nothing waits for you.').waitFor()

  // Bob's inbox has it without being loaded again; then Ana takes the request back.
  const bobs = bob.page.getByRole('option', { name: /Approve leave/ })
  await bobs.click()
  await ana.page.goto(`/requests/${instance}`)
  await ana.page.getByText('Bob Stone').first().waitFor()
  await ana.page.getByRole('button', { name: 'Cancel request…' }).click()
  const sure = ana.page.getByRole('alertdialog')
  await sure.getByLabel(/^Why/).fill('I stay at home.')
  await sure.getByRole('button', { name: 'Cancel request' }).click()
  await ana.page.getByText('I stay at home.').first().waitFor()
  await ana.page.locator('.badge').getByText('Cancelled').waitFor()
  await bobs.waitFor({ state: 'detached' })
  for (const who of [jane, bob, ana]) {
    assert.deepEqual(who.complaints, [])
    await who.context.close()
  }
}

async function more(page, what) {
  await page.getByRole('region', { name: 'The chosen task' }).getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: what }).click()
}
