// Mail that does not get there: the request says so, the administrator finds it
// without searching, sends it again in vain, and gives it up.
import assert from 'node:assert/strict'
import { person, signIn } from '../browser.mjs'
import { mailToNobody } from '../trouble.mjs'

export const name = 'a mail that fails, is sent again and given up'

export async function run({ browser, base }) {
  const instance = await mailToNobody(base)
  const [ana, admin] = await Promise.all([person(browser, base), person(browser, base)])
  await Promise.all([signIn(ana.page, 'ana'), signIn(admin.page, 'admin')])
  await ana.page.goto(`/requests/${instance}`)
  await ana.page.getByText(/The mail to Yves Young could not be sent/).waitFor()
  assert.equal(await ana.page.getByRole('link', { name: /Manage/ }).count(), 0)

  await admin.page.getByRole('link', { name: /^Manage ?, 1 mail needs a look/ }).click()
  await admin.page.getByRole('link', { name: 'Mail', exact: true }).click()
  const card = admin.page.getByRole('listitem').filter({ hasText: 'yves@contoso.test' })
  await card.getByText('Failed', { exact: true }).waitFor()
  await card.getByRole('button', { name: 'Send again' }).click()
  await admin.page.getByText('It is being sent again.').waitFor()
  await admin.page.reload()
  await card.getByRole('button', { name: 'Give up' }).click()
  await admin.page.getByText('Nothing needs a look.', { exact: false }).waitFor()
  await admin.page.getByRole('link', { name: 'Manage', exact: true }).waitFor()

  await admin.page.getByRole('link', { name: 'Sent', exact: true }).click()
  await card.getByText('Failed', { exact: true }).waitFor()
  await card.getByRole('link', { name: 'Open the request' }).click()
  await admin.page.getByText(/The mail to Yves Young could not be sent/).waitFor()
  for (const who of [ana, admin]) {
    assert.deepEqual(who.complaints, [])
    await who.context.close()
  }
}
