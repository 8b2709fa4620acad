// Jane goes on leave: she says who stands in, sees what that does with her open
// task, Bob has it and is told for whom, and when she is back it is hers alone.
import assert from 'node:assert/strict'
import { startMany } from '../api.mjs'
import { person, signIn } from '../browser.mjs'
import { fillAway } from '../events.mjs'

export const name = 'out of office: set, seen by who stands in, ended'

export async function run({ browser, base }) {
  await startMany(base, 1)
  const [jane, bob] = await Promise.all([person(browser, base), person(browser, base)])
  await Promise.all([signIn(jane.page, 'jane'), signIn(bob.page, 'bob')])
  await jane.page.goto('/me')
  await fillAway(jane.page)
  await jane.page.getByText('Bob Stone gets 1, too').waitFor()
  await jane.page.getByRole('button', { name: 'Add an exception' }).click()
  await jane.page.getByRole('button', { name: 'Save' }).click()
  await jane.page.getByText('Choose the workflow.').waitFor()
  await jane.page.getByRole('button', { name: /Workflow/ }).click()
  await jane.page.getByRole('option', { name: 'Expense' }).click()
  await jane.page.getByRole('button', { name: 'Save' }).click()
  await jane.page.getByText('Except Expense').waitFor()

  await bob.page.goto('/inbox')
  await bob.page.getByRole('option').click()
  await bob.page.getByText('You stand in for Jane Doe, who is away.').waitFor()

  await jane.page.getByRole('button', { name: 'I am back' }).click()
  await jane.page.getByText('You are here.').waitFor()
  await bob.page.reload()
  await bob.page.getByText('All done. Nothing waits for you.').waitFor()
  for (const who of [jane, bob]) {
    assert.deepEqual(who.complaints, [])
    await who.context.close()
  }
}
