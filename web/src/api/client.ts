import createClient from 'openapi-fetch'
import type { paths } from './schema'
import { problemFrom, problemOf } from './problem'

let csrf = ''

/** The token every unsafe request of a session carries; GET /me gives it. */
export function setCsrf(token: string | undefined): void {
  csrf = token ?? ''
}

const unsafe = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export const api = createClient<paths>({ credentials: 'same-origin' })

api.use({
  onRequest({ request }) {
    if (unsafe.has(request.method) && csrf) request.headers.set('X-CSRF-Token', csrf)
    return request
  },
})

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The body of a success; anything else is thrown as an ApiProblem. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  return (await whole(call)).data
}

/** Body and ETag of a success, for things that are changed only as they were seen. */
export async function tagged<T>(call: Promise<Answer<T>>): Promise<{ body: T; etag: string | undefined }> {
  const { data, response } = await whole(call)
  return { body: data, etag: response.headers.get('ETag') ?? undefined }
}

async function whole<T>(call: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  try {
    const { data, error, response } = await call
    if (!response.ok) throw problemFrom(response.status, error, response.headers.get('X-Request-Id'))
    return { data: data as T, response }
  } catch (thrown) {
    throw problemOf(thrown)
  }
}

/** A key that makes sending the same request twice safe. */
export function onceKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}
