// Somebody keeps eight tabs open. The browser allows six connections to a
// server, so all tabs share their streams; a decision shows in every one of
// them, also after the tab that held the streams is closed.
import assert from 'node:assert/strict'
import { openTask, startMany } from '../api.mjs'
import { person, signIn } from '../browser.mjs'

export const name = 'eight tabs share their streams and all follow'

const places = ['/inbox', '/sandbox/jane', '/inbox', '/sandbox', '/inbox', '/sandbox/jane', '/inbox']

export async function run({ browser, base }) {
  const [first, second] = await startMany(base, 2)
  const serials = [await openTask(base, first), await openTask(base, second)]
  const jane = await person(browser, base)
  let streams = 0
  jane.context.on('request', (request) => request.url().endsWith('/api/events') || request.url().endsWith('/v1/events') ? streams++ : undefined)
  await signIn(jane.page, 'jane')
  const tabs = [jane.page]
  for (const place of places) {
    const tab = await jane.context.newPage()
    await tab.goto(place)
    await tab.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' })
    tabs.push(tab)
  }
  const inboxes = tabs.filter((tab) => tab.url().includes('/inbox'))
  assert.equal(inboxes.length, 5)
  for (const tab of inboxes) await options(tab, 2)
  assert.equal(streams, 2, 'one stream of events and one of mail')

  await decide(inboxes[4], serials[0])
  for (const tab of inboxes.slice(0, 4)) await options(tab, 1)

  // The tab that holds the stream goes, and the first mailbox with it.
  await tabs[0].close()
  await tabs[2].close()
  await decide(inboxes[4], serials[1])
  for (const tab of inboxes.slice(1, 4)) await options(tab, 0)

  // Signing out in one tab ends all of them.
  const out = inboxes[2]
  await out.getByRole('button', { name: /Account/ }).click()
  await out.getByRole('menuitem', { name: 'Sign out' }).click()
  for (const tab of tabs.filter((tab) => !tab.isClosed())) await tab.waitForURL(/\/sign-in/)
  assert.deepEqual(jane.complaints, [])
  await jane.context.close()
}

const options = (tab, count) => tab.waitForFunction((count) => document.querySelectorAll('[role=option]').length === count, count)

async function decide(tab, serial) {
  await tab.goto(`/tasks/${serial}`)
  await tab.getByRole('button', { name: 'Approve', exact: true }).click()
  await tab.getByRole('button', { name: 'Approve', exact: true }).waitFor({ state: 'detached' })
}
