// Somebody else is faster: the page says who did it, and when.
import assert from 'node:assert/strict'
import { call, openTask, startMany } from '../api.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'a lost race says who was faster'

export async function run({ browser, base }) {
  const [instance] = await startMany(base, 1)
  const serial = await openTask(base, instance)
  const jane = await person(browser, base)
  await signIn(jane.page, 'jane')
  await jane.page.goto(`/tasks/${serial}`)
  const approve = jane.page.getByRole('button', { name: 'Approve', exact: true })
  await approve.waitFor()

  // The page hears nothing of it, so that the press is a real race.
  await jane.page.route('**/api/v1/events', (route) => route.abort())
  await jane.page.route(`**/api/v1/tasks/${serial}/decision`, async (route) => {
    await call(base, 'jane', 'POST', `/tasks/${serial}/decision`, { action: 'Reject', comment: 'From another window.' })
    await route.continue()
  })
  await approve.click()
  // In the task itself: the history beside it may hear of the decision first.
  await jane.page.getByRole('article').getByText(/Jane Doe .*(rejected|decided|Reject)|You decided: Reject/i).first().waitFor()
  assert.equal(await approve.count(), 0, 'what cannot be decided any more has no button')
  await jane.context.close()
}
