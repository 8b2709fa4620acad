// Every page, light and dark, wide, at 320 px and at twice the size: axe finds
// nothing and nothing scrolls sideways; asked for by name, it takes pictures to look at.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { person, signIn } from '../browser.mjs'
import { everyPage } from '../pages.mjs'

export const name = 'every page: axe, widths, pictures'

const axe = createRequire(import.meta.url)('axe-core')
const shots = new URL('../shots/', import.meta.url)
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

// Pictures are taken when this journey is asked for by name, and not when all are run.
const pictures = process.argv.length > 2

// A page is opened wide and narrow, and looked at in more ways as it stands there.
// Dark differs in its colours alone, so that is what is asked of it.
const dark = { colorScheme: 'dark', rules: ['color-contrast', 'link-in-text-block'] }
const windows = [
  { viewport: { width: 1360, height: 860 }, looks: [{ tag: 'wide-light' }, { tag: 'wide-dark', ...dark }] },
  {
    viewport: { width: 320, height: 640 },
    looks: [
      { tag: 'narrow-light' },
      { tag: 'narrow-dark', ...dark },
      // 200 % zoom of a window of 1280 is a window of 640.
      { tag: 'zoomed', viewport: { width: 640, height: 430 }, rules: ['target-size', 'scrollable-region-focusable'] },
    ],
  },
]

export async function run({ browser, base }) {
  if (pictures) {
    rmSync(shots, { recursive: true, force: true })
    mkdirSync(shots, { recursive: true })
  }
  const pages = await everyPage(base)
  const list = []
  const wrong = []
  const rounds = windows.flatMap((window) => [...new Set(pages.map((page) => page.as))].map((as) => ({ ...window, as })))

  async function round({ viewport, looks, as }) {
    // axe is put into the page as a script, which the policy of the pages forbids.
    const who = await person(browser, base, { viewport, reducedMotion: 'reduce', bypassCSP: true })
    if (as) await signIn(who.page, as)
    for (const page of pages.filter((one) => one.as === as)) {
      await open(who.page, page, viewport)
      for (const look of looks) {
        await dress(who.page, look)
        const picture = `${page.name}-${look.tag}.png`
        if (pictures) await who.page.screenshot({ path: new URL(picture, shots).pathname })
        list.push(picture)
        for (const fault of [...(await axeFaults(who.page, look.rules)), ...(await sideways(who.page))]) wrong.push(`${page.name} ${look.tag}: ${fault}`)
      }
    }
    for (const complaint of who.complaints) wrong.push(`${viewport.width} px: ${complaint}`)
    await who.context.close()
  }

  // Two people look at the same time: a page waits for the server and the browser more than it works.
  const watch = async () => {
    for (let next; (next = rounds.shift()); ) await round(next)
  }
  await Promise.all([watch(), watch()])
  if (pictures) writeFileSync(new URL('list.txt', shots), list.sort().join('\n') + '\n')
  assert.deepEqual(wrong.sort(), [])
  console.log(pictures ? `  ${list.length} pictures in web/e2e/shots` : `  ${list.length} looks`)
}

async function open(page, { path, ready, act }, viewport) {
  await dress(page, { viewport })
  await page.goto(path)
  await page.locator(ready).first().waitFor({ state: 'attached' })
  await settled(page)
  await act?.(page)
}

async function dress(page, { viewport, colorScheme = 'light' }) {
  if (viewport) await page.setViewportSize(viewport)
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

// Fonts are there and nothing is on its way any more.
async function settled(page) {
  await page.waitForLoadState('load')
  await page.evaluate(() => document.fonts.ready)
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

export async function axeFaults(page, only = rules) {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), only)
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 140)).join(' | ')}`)
}

export async function sideways(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > window.innerWidth ? ['the page scrolls sideways'] : []
    const parts = [...document.querySelectorAll('main, main section, .inbox-pane, .tasks')].filter((part) => part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflowX !== 'hidden')
    return [...wide, ...parts.map((part) => `${part.className || part.tagName} scrolls sideways`)]
  })
}
