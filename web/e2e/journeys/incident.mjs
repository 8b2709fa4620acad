// A step that cannot go on: the starter learns that somebody sees to it, the
// administrator retries in vain, puts the cause right, and retries with success.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { call, startMany } from '../api.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'an incident, retried in vain and then with success'

export async function run({ browser, base }) {
  const xml = readFileSync(new URL('../../../samples/leave.bpmn', import.meta.url), 'utf8')
  await call(base, 'admin', 'POST', '/workflows', xml.replace('<signoff:recipient person="jane" />', '<signoff:recipient person="zoe" />'), 'application/xml')
  const [instance] = await startMany(base, 1)

  const [ana, admin] = await Promise.all([person(browser, base), person(browser, base)])
  await Promise.all([signIn(ana.page, 'ana'), signIn(admin.page, 'admin')])
  await ana.page.goto(`/requests/${instance}`)
  await ana.page.getByText('“Approve leave” did not get done').waitFor()
  await ana.page.getByText('Once the cause is mended, an administrator of this workflow can try the step again.').waitFor()
  assert.equal(await ana.page.getByRole('button', { name: 'Retry' }).count(), 0, 'a button that cannot work is not shown')

  await admin.page.goto('/manage/incidents')
  const retry = admin.page.getByRole('button', { name: 'Retry' })
  await retry.click()
  await admin.page.getByText('It failed again.').waitFor()

  await call(base, 'admin', 'POST', '/users', { login: 'zoe', name: 'Zoe Zander', email: 'zoe@contoso.test', password: 'signoff-zoe' })
  await retry.click()
  await admin.page.getByText(/Nothing has failed\./).waitFor()
  await ana.page.getByText('“Approve leave” did not get done').waitFor({ state: 'detached' })
  await ana.page.getByText('Zoe Zander').first().waitFor()
  for (const who of [ana, admin]) {
    assert.deepEqual(who.complaints, [])
    await who.context.close()
  }
}
