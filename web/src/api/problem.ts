import type { FieldError, FileProblem, Problem } from './types'

/** A refusal of the server, or the want of one, as something to throw and show. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly hint: string | undefined
  readonly fields: FieldError[]
  readonly problems: FileProblem[]
  readonly requestId: string | undefined
  readonly at = new Date()

  constructor(from: Partial<Problem> & { status: number; code: string; title: string }) {
    super(from.detail || from.title)
    this.name = 'ApiProblem'
    this.status = from.status
    this.code = from.code
    this.title = from.title
    this.detail = from.detail ?? ''
    this.hint = from.hint
    this.fields = from.errors ?? []
    this.problems = from.problems ?? []
    this.requestId = from.requestId
  }

  /** Nothing came back at all: whether it was done is not known. */
  get offline(): boolean {
    return this.status === 0
  }

  /** Asking again may help without anything else changing. */
  get passing(): boolean {
    return this.offline || this.status === 429 || this.status >= 502
  }
}

/** Makes an ApiProblem of whatever an answer holds that is not a success. */
export function problemFrom(status: number, body: unknown, requestId: string | null): ApiProblem {
  if (looksLikeProblem(body)) return new ApiProblem({ requestId: requestId ?? undefined, code: `http-${status}`, ...body, status })
  return new ApiProblem({ status, code: `http-${status}`, title: '', requestId: requestId ?? undefined })
}

/** Makes an ApiProblem of whatever was thrown on the way. */
export function problemOf(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown
  if (thrown instanceof TypeError) return new ApiProblem({ status: 0, code: 'offline', title: '' })
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  return new ApiProblem({ status: -1, code: 'page-failed', title: '', detail })
}

// The sandbox's own API tells problems without a code.
function looksLikeProblem(body: unknown): body is Omit<Problem, 'code'> & { code?: string } {
  if (typeof body !== 'object' || body === null || !('title' in body) || typeof body.title !== 'string') return false
  return !('code' in body) || typeof body.code === 'string'
}

/**
 * Sorts field errors to the fields a form shows, by name; the rest belongs
 * above the form. The server names a field by its path, "body.variables.days".
 */
export function sortFields(errors: readonly FieldError[], known: readonly string[]): { at: Map<string, string>; rest: FieldError[] } {
  const at = new Map<string, string>()
  const rest: FieldError[] = []
  for (const error of errors) {
    const name = known.find((n) => isAt(error.field, n))
    if (name === undefined) rest.push(error)
    else if (!at.has(name)) at.set(name, sentence(error.detail, error.advice))
  }
  return { at, rest }
}

// Whether a path leads to a field, or to a part of what it holds.
function isAt(path: string, name: string): boolean {
  const rest = path.replace(/^body\./, '').replace(/^variables\./, '')
  return rest === name || rest.startsWith(`${name}.`) || rest.startsWith(`${name}[`)
}

/** Joins what the server says into text that reads as sentences. */
export function sentence(...parts: (string | undefined)[]): string {
  return parts
    .filter((part): part is string => Boolean(part?.trim()))
    .map((part) => {
      const text = part.trim()
      const opened = text.charAt(0).toUpperCase() + text.slice(1)
      return /[.!?…]$/.test(opened) ? opened : `${opened}.`
    })
    .join(' ')
}
