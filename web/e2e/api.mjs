// What a journey needs to be there before it begins is made over the API.
const credentials = (login) => `Basic ${Buffer.from(`${login}:signoff`).toString('base64')}`

export async function call(base, login, method, path, body, type = 'application/json') {
  const answer = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { Authorization: credentials(login), ...(body === undefined ? {} : { 'Content-Type': type }) },
    body: body === undefined || type !== 'application/json' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text && answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
}

export async function startMany(base, count) {
  const ids = []
  for (let i = 0; i < count; i++) {
    const day = String(i + 1).padStart(2, '0')
    const { id } = await call(base, 'ana', 'POST', '/workflows/leave/instances', { variables: { from: `2027-05-${day}`, to: `2027-06-${day}`, reason: 'A long walk.' } })
    ids.push(id)
  }
  return ids
}

/** The open task of an instance. */
export async function openTask(base, instance) {
  const { waiting } = await call(base, 'ana', 'GET', `/instances/${instance}`)
  return waiting.find(({ task }) => task)?.task
}
