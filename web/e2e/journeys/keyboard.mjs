// Ten approvals with the keyboard alone: j, a, Ctrl+Enter each.
import assert from 'node:assert/strict'
import { person, signIn } from '../browser.mjs'
import { startMany } from '../api.mjs'

export const name = 'the inbox by keyboard alone'

const tasks = 10

export async function run({ browser, base }) {
  await startMany(base, tasks)
  const jane = await person(browser, base)
  const { page } = jane
  await page.goto('/sign-in')
  await page.locator('input[name=username]:focus').waitFor()
  await page.keyboard.type('jane')
  await page.keyboard.press('Tab')
  await page.keyboard.type('signoff')
  await page.keyboard.press('Enter')
  await page.getByRole('option').first().waitFor()

  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  const waiting = await page.getByRole('option').count()
  assert.ok(waiting >= tasks)
  // Arrows walk the list, the pane follows, and focus stays where it is.
  await page.getByRole('option').first().focus()
  for (const key of ['ArrowDown', 'ArrowDown', 'End', 'Home']) {
    await page.keyboard.press(key)
    const chosen = page.locator('[role=option][aria-selected=true]:focus')
    await chosen.waitFor()
    const serial = await chosen.getAttribute('data-key')
    await page.waitForURL(`**/inbox/${serial}`)
  }
  for (let left = waiting; left > 0; left--) {
    const serial = new URL(page.url()).pathname.split('/')[2]
    assert.ok(serial, 'a task is chosen')
    await page.locator(`.task[data-serial="${serial}"] .decision`).waitFor()
    await page.keyboard.press('a')
    await page.getByText('Approve is chosen. Ctrl+Enter sends it.').waitFor()
    await page.keyboard.press('Control+Enter')
    // The next task comes by itself; at the end there is none.
    await page.waitForURL((url) => url.pathname !== `/inbox/${serial}`)
  }
  await page.getByText('All done. Nothing waits for you.').waitFor()

  // The skip link is the first stop, and leads past the rail.
  await page.goto('/start')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to content')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main')
  assert.deepEqual(jane.complaints, [])
  await jane.context.close()
}
