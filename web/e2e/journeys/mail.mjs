// Ana asks for leave; Jane gets a mail and answers it; the diagram reaches its
// end while Ana watches, and a confirmation arrives.
import assert from 'node:assert/strict'
import { Acts } from '../acts.mjs'
import { person, signIn } from '../browser.mjs'
import { fillLeave, reachesEnd } from '../leave.mjs'

export const name = 'start, mail, reply "Approve", the diagram reaches its end'

export async function run({ browser, base }) {
  const ana = await person(browser, base)
  await signIn(ana.page, 'ana')
  const acts = new Acts()

  await acts.press(ana.page.getByRole('link', { name: 'Try it: Leave request' }), 'the sample')
  await acts.fill('the form', () => fillLeave(ana.page))
  await acts.press(ana.page.getByRole('button', { name: 'Start' }), 'Start')
  await ana.page.waitForURL(/\/requests\/\d+$/)
  await ana.page.locator('.diagram .is-waiting, .diagram .is-active').first().waitFor()

  // The mailbox, in a second window beside the diagram.
  const mailbox = await ana.context.newPage()
  await mailbox.goto('/sandbox')
  await mailbox.getByRole('link', { name: /Jane Doe/ }).click()
  await mailbox.getByRole('region', { name: 'Messages' }).getByRole('link', { name: /Leave for Ana Silva/ }).first().click()
  await mailbox.frameLocator('.mail-frame').getByText('Ana Silva asks for').first().waitFor()
  await acts.press(mailbox.getByRole('button', { name: 'Reply “Approve”' }), 'Reply Approve')

  await reachesEnd(ana.page, 'Leave granted')
  await ana.page.getByText('Completed').waitFor()
  await ana.page.getByText('· by mail').first().waitFor()
  await ana.page.getByText('What this rests on').first().click()
  await ana.page.getByText('secret address').first().waitFor()

  await mailbox.goto('/sandbox/ana')
  await mailbox.getByRole('link', { name: /Approved: Leave for Ana Silva/ }).waitFor()
  await mailbox.goto('/sandbox/jane')
  const answers = mailbox.getByRole('region', { name: 'Messages' }).getByRole('link')
  await answers.nth(1).waitFor()

  assert.equal(acts.presses, 3, `start and reply take three presses, took: ${acts.done.join(', ')}`)
  assert.deepEqual(ana.complaints, [])
  await ana.context.close()
  return acts
}
