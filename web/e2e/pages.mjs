// Every page there is, with something on it. Axe, widths and pictures walk this list.
import { call, openTask, startMany } from './api.mjs'

export async function everyPage(base) {
  const [first, second, decided] = await startMany(base, 3)
  const serial = await openTask(base, first)
  const done = await openTask(base, decided)
  await call(base, 'jane', 'POST', `/tasks/${done}/decision`, { action: 'Approve', comment: 'Enjoy!' })
  const mail = await jane(base)
  return [
    { name: 'sign-in', path: '/sign-in', as: undefined, ready: 'button:has-text("Sign in")' },
    { name: 'inbox', path: '/inbox', as: 'jane', ready: '[role=option]' },
    { name: 'inbox-task', path: `/inbox/${serial}`, as: 'jane', ready: '#task-title' },
    { name: 'inbox-empty', path: '/inbox', as: 'bob', ready: '.empty' },
    { name: 'task', path: `/tasks/${serial}`, as: 'jane', ready: '.diagram-place[data-drawn]' },
    { name: 'task-done', path: `/tasks/${done}`, as: 'jane', ready: '.message' },
    { name: 'start', path: '/start', as: 'ana', ready: '.card' },
    { name: 'start-form', path: '/start/leave', as: 'ana', ready: 'button:has-text("Start")' },
    { name: 'requests', path: '/requests', as: 'ana', ready: '.request' },
    { name: 'request', path: `/requests/${second}`, as: 'ana', ready: '.diagram-place[data-drawn]' },
    { name: 'request-done', path: `/requests/${decided}`, as: 'ana', ready: '.diagram-place[data-drawn]' },
    { name: 'manage-workflows', path: '/manage/workflows', as: 'admin', ready: '.table' },
    { name: 'manage-instances', path: '/manage/instances', as: 'admin', ready: '.request' },
    { name: 'manage-incidents', path: '/manage/incidents', as: 'admin', ready: '.empty, .problem' },
    { name: 'sandbox', path: '/sandbox', as: 'jane', ready: '.mailbox' },
    { name: 'sandbox-mailbox', path: '/sandbox/jane', as: 'jane', ready: '.mail-row' },
    { name: 'sandbox-message', path: `/sandbox/jane/${mail}`, as: 'jane', ready: '.reply' },
    { name: 'not-found', path: '/nowhere', as: 'jane', ready: 'h1' },
  ]
}

// The newest mail of Jane's mailbox, once it has come.
async function jane(base) {
  for (const until = Date.now() + 20_000; Date.now() < until; ) {
    const { items } = await (await fetch(`${base}/sandbox/api/messages?mailbox=jane`)).json()
    if (items?.length) return items[0].id
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('no mail came to jane')
}
