// What holds on every page: wrong passwords are told, a deep link survives the
// sign-in, themes stick, a lost line is said, the mark of bpmn.io can be seen.
import assert from 'node:assert/strict'
import { startMany } from '../api.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'sign-in, themes, lost line, the mark of bpmn.io'

export async function run({ browser, base }) {
  const [instance] = await startMany(base, 1)
  const ana = await person(browser, base)
  const { page } = ana

  await page.goto(`/requests/${instance}`)
  await page.getByLabel('Name or address').fill('ana')
  await page.locator('input[name=password]').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('Name or password is wrong').waitFor()
  await page.locator('input[name=password]').fill('signoff')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`**/requests/${instance}`)

  for (const theme of ['Dark', 'Light']) {
    await page.getByRole('button', { name: /Account of/ }).click()
    await page.getByRole('menuitem', { name: theme }).click()
    await page.reload()
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme.toLowerCase())
    await markIsSeen(page)
  }

  await page.context().setOffline(true)
  await page.getByText(/Not connected\. What you see is from/).waitFor()
  await page.context().setOffline(false)
  await page.getByText(/Not connected\. What you see is from/).waitFor({ state: 'detached' })

  await page.getByRole('button', { name: /Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in')
  await page.goto(`/requests/${instance}`)
  await page.waitForURL(/\/sign-in\?next=/)
  await ana.context.close()

  const narrow = await person(browser, base, { viewport: { width: 320, height: 640 } })
  await signIn(narrow.page, 'ana')
  await narrow.page.goto(`/requests/${instance}`)
  await markIsSeen(narrow.page)
  await narrow.context.close()
}

// Its licence wants the mark visible and uncovered.
async function markIsSeen(page) {
  const mark = page.locator('.bjs-powered-by')
  await mark.scrollIntoViewIfNeeded()
  const seen = await mark.evaluate((link) => {
    const box = link.getBoundingClientRect()
    const points = [0.2, 0.5, 0.8].flatMap((x) => [0.2, 0.5, 0.8].map((y) => [box.left + box.width * x, box.top + box.height * y]))
    return box.width > 20 && points.every(([x, y]) => link.contains(document.elementFromPoint(x, y)))
  })
  assert.ok(seen, 'the mark of bpmn.io is visible and nothing lies over it')
}
