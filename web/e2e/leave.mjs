// The sample workflow, as the journeys meet it.
import { readFileSync } from 'node:fs'

const file = new URL('../../samples/leave.bpmn', import.meta.url)
const xml = readFileSync(file, 'utf8')

/** The id of the element somebody named so in the drawing. */
export function elementNamed(name) {
  const found = new RegExp(`id="([^"]+)" name="${name}"`).exec(xml.replaceAll('&#10;', ' '))
  if (!found) throw new Error(`samples/leave.bpmn has no element called ${name}`)
  return found[1]
}

export async function fillLeave(page) {
  await page.getByLabel('First day').fill('2027-03-01')
  await page.getByLabel('Last day').fill('2027-03-03')
}

/** The path is painted up to the end with that name. */
export async function reachesEnd(page, name) {
  await page.locator(`.diagram [data-element-id="${elementNamed(name)}"].is-done`).waitFor()
}
