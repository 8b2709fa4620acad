// First look without any mail account: three presses after signing in, all on
// the way that the pages themselves lead.
import assert from 'node:assert/strict'
import { Acts } from '../acts.mjs'
import { person, signIn } from '../browser.mjs'
import { fillLeave, reachesEnd } from '../leave.mjs'

export const name = 'first look: three presses from the inbox to the end'

export async function run({ browser, base }) {
  const ana = await person(browser, base)
  await signIn(ana.page, 'ana')
  const acts = new Acts()
  await acts.press(ana.page.getByRole('link', { name: 'Try it: Leave request' }), 'the sample')
  await acts.fill('the form', () => fillLeave(ana.page))
  await acts.press(ana.page.getByRole('button', { name: 'Start' }), 'Start')
  await acts.press(ana.page.getByRole('button', { name: 'Reply “Approve”' }), 'Reply Approve')
  await reachesEnd(ana.page, 'Leave granted')
  assert.ok(acts.presses <= 3, acts.done.join(', '))
  assert.deepEqual(ana.complaints, [])
  await ana.context.close()
  return acts
}
