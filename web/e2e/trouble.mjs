// Mail that goes wrong, as it does in real life, for pages that show it.
import { readFileSync } from 'node:fs'
import { call, startMany } from './api.mjs'

const leave = readFileSync(new URL('../../samples/leave.bpmn', import.meta.url), 'utf8')
const patience = 30_000

/** A request whose task mail goes to an address nobody has. Returns the request's number once the mail has failed. */
export async function mailToNobody(base) {
  await call(base, 'admin', 'POST', '/users', { login: 'yves', name: 'Yves Young', email: 'yves@contoso.test', password: 'signoff-yves' })
  await call(base, 'admin', 'POST', '/workflows', leave.replace('<signoff:recipient person="jane" />', '<signoff:recipient person="yves" />'), 'application/xml')
  const [instance] = await startMany(base, 1)
  await until(base, `/mail/sent?state=failed&instance=${instance}`)
  return instance
}

/** Jane's reply to one of her mails comes from an address that is not hers any more. */
export async function replyOfAnother(base, message) {
  const { items } = await call(base, 'admin', 'GET', '/users?q=jane')
  const jane = `/users/${encodeURIComponent(items.find(({ login }) => login === 'jane').id)}`
  await call(base, 'admin', 'PATCH', jane, { email: 'judge@contoso.test' })
  const answer = await fetch(`${base}/sandbox/api/messages/${message}/reply`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text: 'Approve', style: 'plain' }),
  })
  if (!answer.ok) throw new Error(`reply: ${answer.status} ${await answer.text()}`)
  await until(base, '/mail/received?look=true')
  await call(base, 'admin', 'PATCH', jane, { email: 'jane@contoso.test' })
}

async function until(base, path) {
  for (const end = Date.now() + patience; Date.now() < end; ) {
    const { items } = await call(base, 'admin', 'GET', path)
    if (items.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing came to ${path}`)
}
