// Weighs what a browser has to fetch, zipped, and fails the build over budget.
// A page is weighed with everything it needs beyond the shell.
import { readFileSync, statSync } from 'node:fs'

const budgets = [
  { name: 'shell', entry: 'index.html', limit: 210 },
  { name: 'inbox', entry: 'src/inbox/page.tsx', limit: 40 },
  { name: 'task', entry: 'src/task/page.tsx', limit: 40 },
  { name: 'start', entry: 'src/start/page.tsx', limit: 40 },
  { name: 'start form', entry: 'src/start/form.tsx', limit: 40 },
  { name: 'requests', entry: 'src/requests/page.tsx', limit: 40 },
  { name: 'request', entry: 'src/instance/page.tsx', limit: 40 },
  { name: 'mailbox', entry: 'src/sandbox/page.tsx', limit: 40 },
  { name: 'viewer', entry: 'src/diagram/viewer.ts', limit: 65 },
]

const manifest = JSON.parse(readFileSync('dist/assets/manifest.json', 'utf8'))

function filesOf(key, found = new Set()) {
  const chunk = manifest[key]
  if (!chunk) throw new Error(`the build has no ${key}`)
  if (found.has(chunk.file)) return found
  found.add(chunk.file)
  for (const css of chunk.css ?? []) found.add(css)
  for (const next of chunk.imports ?? []) filesOf(next, found)
  return found
}

const shell = filesOf('index.html')
const kib = (files) => [...files].reduce((sum, file) => sum + statSync(`dist/${file}.gz`).size, 0) / 1024

let over = false
for (const { name, entry, limit } of budgets) {
  const files = entry === 'index.html' ? shell : new Set([...filesOf(entry)].filter((file) => !shell.has(file)))
  const size = kib(files)
  over ||= size > limit
  console.log(`${name.padEnd(12)}${size.toFixed(1).padStart(7)} of ${limit} KiB gz${size > limit ? '  OVER BUDGET' : ''}`)
}
process.exit(over ? 1 : 0)
