// An administrator deploys: a file with faults gets every one of them told and
// marked, a good one becomes a version, the same again does not.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { person, signIn } from '../browser.mjs'

export const name = 'deploy: every problem told and marked, then a new version'

export async function run({ browser, base, data }) {
  const good = readFileSync(new URL('../../../samples/leave.bpmn', import.meta.url), 'utf8')
  const bad = good
    .replace('<signoff:recipient person="jane" />', '')
    .replace('<signoff:to starter="true" />', '')
    .replace('subject="Still waiting: {folio}"', 'subject="Still waiting: {folio +}"')
  const put = (name, text) => (writeFileSync(join(data, name), text), join(data, name))

  const admin = await person(browser, base)
  await signIn(admin.page, 'admin')
  await admin.page.goto('/manage/workflows')
  const choose = admin.page.locator('input[type=file]')

  await choose.setInputFiles(put('faulty.bpmn', bad))
  const report = admin.page.getByRole('alert')
  await report.getByRole('heading', { name: /faulty\.bpmn was not deployed: \d+ problems/ }).waitFor()
  const problems = report.locator('.file-problem')
  assert.ok((await problems.count()) >= 3, 'all three faults at once')
  for (const words of await problems.allInnerTexts()) assert.match(words, /line \d+/)
  await admin.page.locator('.diagram .is-wrong').nth(1).waitFor()
  await report.getByRole('button', { name: 'Show on the diagram' }).first().click()

  await choose.setInputFiles(put('leave.bpmn', good))
  await admin.page.getByText(/Leave request is unchanged: version 1/).waitFor()
  await choose.setInputFiles(put('leave2.bpmn', good.replaceAll('Ask for days off.', 'Ask for free days.')))
  await admin.page.getByText('Leave request is deployed as version 2.').waitFor()
  await admin.page.getByRole('row', { name: /Leave request/ }).getByRole('cell', { name: '2', exact: true }).waitFor()

  await choose.setInputFiles(put('no.bpmn', 'this is no XML'))
  await admin.page.getByRole('alert').waitFor()
  assert.deepEqual(admin.complaints, [])
  await admin.context.close()
}
