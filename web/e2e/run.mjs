// Walks the journeys against the real program.
//
//   SIGNOFF_BIN=../bin/signoff npm run e2e            all of them
//   SIGNOFF_BIN=../bin/signoff npm run e2e -- mail    those whose file name holds the word
//   … npm run e2e -- pictures                         makes docs/pictures again; no part of the tests
import { readdirSync } from 'node:fs'
import { launch } from './browser.mjs'
import { startServer } from './server.mjs'

const wanted = process.argv.slice(2)
const folder = new URL('./journeys/', import.meta.url)
const files = wanted.includes('pictures')
  ? ['../pictures.mjs']
  : readdirSync(folder).filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)))

const browser = await launch()
let failed = 0
for (const file of files) {
  const journey = await import(new URL(file, folder))
  const started = Date.now()
  // A journey begins on an empty server, so that none leans on another.
  const server = await startServer()
  try {
    const acts = await journey.run({ browser, base: server.url, data: server.data })
    console.log(`ok    ${journey.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
    if (acts) console.log(`      ${acts.done.length} acts: ${acts.done.join(', ')}`)
  } catch (error) {
    failed++
    console.log(`FAIL  ${journey.name}\n${error.stack}\n--- the server said:\n${server.said.slice(-20).join('')}`)
    await keepPictures(file)
  } finally {
    await Promise.all(browser.contexts().map((context) => context.close()))
    await server.stop()
  }
}
await browser.close()
console.log(failed === 0 ? `all ${files.length} journeys passed` : `${failed} of ${files.length} journeys failed`)
process.exit(failed === 0 ? 0 : 1)

async function keepPictures(file) {
  const pages = browser.contexts().flatMap((context) => context.pages())
  for (const [i, page] of pages.entries()) {
    await page.screenshot({ path: new URL(`../test-results/${file.replace(/\W+/g, '-')}-${i}.png`, import.meta.url).pathname }).catch(() => {})
  }
}
