import type { Person } from '../api/types'
import { fileWords } from '../text/files'

/** Up to two letters that stand for a person in a coin. */
export function initials(name: string): string {
  const words = name
    .replace(/\(.*?\)|@.*$/g, ' ')
    .split(/[\s._-]+/)
    .filter((word) => /\p{L}|\p{N}/u.test(word))
  const first = words[0]
  if (!first) return '?'
  const last = words.length > 1 ? words[words.length - 1] : undefined
  return (letter(first) + (last ? letter(last) : '')).toUpperCase()
}

function letter(word: string): string {
  return [...word][0] ?? ''
}

/** One of n hues, the same for the same person everywhere. */
export function hue(id: string, n: number): number {
  let sum = 0
  for (const char of id) sum = (sum * 31 + char.codePointAt(0)!) >>> 0
  return sum % n
}

const guid = /([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i

/**
 * What to call somebody when the name may be missing. Of an application that
 * nobody gave a name, as much of its id as tells it from others.
 */
export function called(person: Pick<Person, 'name' | 'login' | 'email'>): string {
  const name = person.name || person.login || person.email || '?'
  return isApplication(person) ? name.replace(guid, '$1…') : name
}

/** Who did something, and in whose name where it was not their own: Ben for Jane. */
export function calledFor(person: Person, whose?: Person): string {
  return whose ? fileWords.actedFor(called(person), called(whose)) : called(person)
}

/**
 * Whether an account is an application's: where that is not said, by the login
 * and the name the server gives those that come with a token.
 */
export function isApplication(person: Pick<Person, 'name' | 'login'> & { app?: boolean }): boolean {
  if (person.app !== undefined) return person.app
  if (!person.login?.startsWith('app-')) return false
  return guid.test(person.login) || person.name.startsWith('Application ')
}

/** Ana, Ben and two more. */
export function namesInWords(people: readonly Pick<Person, 'name' | 'login' | 'email'>[], locale: string, more: (n: number) => string, most = 3): string {
  const names = people.map(called)
  const shown = names.length > most ? [...names.slice(0, most - 1), more(names.length - most + 1)] : names
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(shown)
}
