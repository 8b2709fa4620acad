// The same on the pages alone: Ana asks, Jane's inbox has it without being
// loaded again, she rejects with a reason, Ana's page shows it at once.
import assert from 'node:assert/strict'
import { Acts } from '../acts.mjs'
import { person, signIn } from '../browser.mjs'
import { fillLeave, reachesEnd } from '../leave.mjs'

export const name = 'start, decide in the inbox, both pages follow live'

export async function run({ browser, base }) {
  const [ana, jane] = await Promise.all([person(browser, base), person(browser, base)])
  await Promise.all([signIn(ana.page, 'ana'), signIn(jane.page, 'jane')])

  await ana.page.goto('/start/leave')
  // A form that is not filled in says so at the field, and above it.
  await ana.page.getByRole('button', { name: 'Start' }).click()
  await ana.page.getByText('2 things to put right').waitFor()
  await ana.page.getByRole('link', { name: 'Fill in “First day”.' }).click()
  assert.equal(await ana.page.evaluate(() => document.activeElement?.getAttribute('name')), 'from')
  await fillLeave(ana.page)
  await ana.page.getByRole('button', { name: 'Start' }).click()
  await ana.page.waitForURL(/\/requests\/\d+$/)

  const acts = new Acts()
  await acts.press(jane.page.getByRole('option', { name: /Approve leave of Ana Silva/ }), 'the task')
  await acts.fill('a comment', () => jane.page.getByLabel('Comment', { exact: true }).fill('We ship that week.'))
  await acts.press(jane.page.getByRole('button', { name: 'Reject' }), 'Reject')
  await jane.page.getByText('All done. Nothing waits for you.').waitFor()

  await reachesEnd(ana.page, 'Leave not granted')
  await ana.page.getByText('We ship that week.').first().waitFor()
  assert.ok(acts.presses <= 2, acts.done.join(', '))
  for (const who of [ana, jane]) {
    assert.deepEqual(who.complaints, [])
    await who.context.close()
  }
  return acts
}
