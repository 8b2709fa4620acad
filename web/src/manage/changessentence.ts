import type { Change } from '../api/types'
import { changesWords as words } from '../text/changes'
import { called } from '../words/person'
import { actOf } from './changeswords'

type Json = Record<string, unknown>

/** Finds the name of a principal, such as user:7; undefined when it is not known. */
export type NameOf = (principal: string) => string | undefined

/** One change as a line that people read: who did what. */
export function sentenceOf(change: Change, who: string, nameOf: NameOf): string {
  const told = teller(change, nameOf)
  const by = change.by.id ? who : words.itself
  const deeds = (sentences[change.what] ?? other)(told).filter(Boolean)
  const text = `${by} ${words.several(deeds.length > 0 ? deeds : other(told), 4)}`
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

/** The principals whose names sentenceOf asks for, beside the subject. */
export function mentionedIn(change: Change): string[] {
  const text = JSON.stringify([change.before, change.after, change.subject]) ?? ''
  return [...new Set([...text.matchAll(/"((?:user|group):\d+)"/g)].map((hit) => hit[1]!))]
}

/** The names that a list of changes gives by itself, of those that are gone, too. */
export function namesIn(changes: readonly Change[]): Map<string, string> {
  const out = new Map<string, string>()
  for (const change of changes) {
    const { subject, called: now, by } = change
    const name = now || keptName(change)
    if (name && /^(user|group):/.test(subject ?? '') && (now || !out.has(subject!))) out.set(subject!, name)
    if (by.id) out.set(by.id, called(by))
  }
  return out
}

// What an account or a group was called by what was kept of it itself.
function keptName({ what, before, after }: Pick<Change, 'what' | 'before' | 'after'>): string {
  if (what !== 'user' && what !== 'group') return ''
  const [was, is] = [objectOf(before), objectOf(after)]
  return text(is.name) || text(was.name) || text(is.login) || text(was.login)
}

interface Told {
  change: Change
  subject: string
  before: Json
  after: Json
  act: ReturnType<typeof actOf>
  name: (principal: unknown) => string
}

function teller(change: Change, nameOf: NameOf): Told {
  const [before, after] = [objectOf(change.before), objectOf(change.after)]
  const name = (principal: unknown) => nameOf(text(principal)) ?? words.somebody
  const principal = /^(user|group):/.test(change.subject ?? '')
  const subject = change.called || (principal ? nameOf(change.subject ?? '') || keptName(change) || words.somebody : (change.subject ?? ''))
  return { change, subject, before, after, act: actOf(change), name }
}

const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {})

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

const sentences: Record<string, (told: Told) => string[]> = {
  right,
  user: account,
  group,
  member: ({ before, after, act, name, subject }) => (act === 'gone' ? [words.member.took(name(before.member), subject)] : [words.member.put(name(after.member), subject)]),
  token: (told) => [(told.act === 'gone' ? words.token.ended : words.token.made)(text(told.before.name) || text(told.after.name), own(told) ? '' : told.subject)],
  'scim-token': ({ act, subject }) => [act === 'gone' ? words.token.endedScim(subject) : words.token.madeScim(subject)],
  password: (told) => [own(told) ? words.ownPassword : words.password(told.subject)],
  sessions: ({ subject }) => [words.sessions(subject)],
  recovery: ({ subject, after }) => [words.recovery(subject, text(after.made))],
  'identity-link': link,
  'group-link': link,
  'newcomer-refused': ({ subject }) => [words.refused(subject)],
  'directory-sync': ({ after }) => [words.sync(Object.entries(after).map(([what, count]) => `${text(count)} ${what}`))],
  'default-version': ({ after, subject }) => [words.defaultVersion(subject, text(after.version))],
  order,
  trust: setting,
  signin: setting,
  apis: setting,
  directories: setting,
}

// An order deals with many instances at once; its end is on record when somebody stopped it.
function order({ before, after, act, subject }: Told): string[] {
  const say = words.order
  if (act === 'gone') return [say.stopped(subject)]
  const count = Number(after.count ?? before.count ?? 0)
  const kind = text(after.kind)
  const of = text(after.key)
  const because = text(after.reason)
  if (kind === 'migrate') return [say.migrate(count, of, text(after.from), text(after.to)) + say.because(because)]
  if (kind === 'return') return [say.undo(text(after.undoes), count) + say.because(because)]
  return [(say.of[kind] ?? say.other)(count, of) + say.because(because)]
}

const own = ({ change }: Told) => change.by.id === change.subject

// Rights are a list of who holds what, before and after.
function right({ change, name }: Told): string[] {
  const [before, after] = [grantsOf(change.before), grantsOf(change.after)]
  const place = change.subject ?? 'server'
  const lines = (left: Map<string, Json>, there: Map<string, Json>, say: (who: string, deeds: readonly string[]) => string) => {
    const deeds = new Map<unknown, string[]>()
    for (const [key, one] of left) if (!there.has(key)) deeds.set(one.who, [...(deeds.get(one.who) ?? []), deed(text(one.right), place)])
    return [...deeds].map(([who, list]) => say(name(who), list))
  }
  return [...lines(after, before, words.right.gave), ...lines(before, after, words.right.took)]
}

function grantsOf(value: unknown): Map<string, Json> {
  const list = Array.isArray(value) ? value.map(objectOf) : []
  return new Map(list.map((one) => [`${text(one.who)} ${text(one.right)}`, one]))
}

function deed(right: string, place: string): string {
  const { server, of, other, everywhere, workflow, category } = words.right
  if (place === 'server') return server[right] ?? `${other(right)} ${everywhere}`
  const name = place.slice(place.indexOf(':') + 1)
  return `${of[right] ?? other(right)} ${place.startsWith('category:') ? category(name) : workflow(name)}`
}

const told = new Set(['admin', 'disabled', 'app', 'application', 'from'])

function account({ before, after, act, subject }: Told): string[] {
  const say = words.account
  if (act === 'made') return [(after.app || after.application ? say.application : say.made)(subject)]
  if (act === 'gone') return [say.gone(subject)]
  const [off, wasOff] = [Boolean(after.disabled), Boolean(before.disabled)]
  const [admin, wasAdmin] = [Boolean(after.admin), Boolean(before.admin)]
  const keys = changedKeys(before, after).filter((key) => !told.has(key))
  return [
    off !== wasOff ? (off ? say.off : say.on)(subject) : '',
    admin !== wasAdmin ? (admin ? say.admin : say.noAdmin)(subject) : '',
    keys.length > 0 ? say.changed(keys.map(say.field), subject) : '',
  ]
}

function changedKeys(before: Json, after: Json): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
}

function group({ before, after, act, subject }: Told): string[] {
  const kind = before.role || after.role ? words.group.role : words.group.group
  if (act !== 'changed') return [`${words.group[act]} ${kind} ${text(after.name) || text(before.name) || subject}`]
  const keys = changedKeys(before, after)
  const rest = keys.filter((key) => key !== 'name')
  return [
    keys.includes('name') ? words.group.renamed(kind, text(before.name), text(after.name)) : '',
    rest.length > 0 ? words.account.changed(rest.map(words.account.field), subject) : '',
  ]
}

function link({ before, after, act, subject }: Told): string[] {
  const there = act === 'gone' ? before : after
  const called = text(there.called) || text(there.label) || text(there.subject) || text(there.external)
  return [(act === 'gone' ? words.link.gone : words.link.made)(subject, words.there(called, text(there.source)))]
}

// A setting says by name what came and went in its lists; else only that it is another.
function setting({ change, before, after }: Told): string[] {
  const of = words.setting.of[change.what] ?? change.what
  const [was, is] = [namedIn(before), namedIn(after)]
  const added = [...is.keys()].filter((name) => !was.has(name))
  const removed = [...was.keys()].filter((name) => !is.has(name))
  const changed = [...is.keys()].filter((name) => was.has(name) && was.get(name) !== is.get(name))
  const said = [
    added.length > 0 ? words.setting.added(added, of) : '',
    removed.length > 0 ? words.setting.removed(removed, of) : '',
    changed.length > 0 ? words.setting.changed(changed, of) : '',
  ].filter(Boolean)
  return said.length > 0 ? said : [words.setting.set(of)]
}

function namedIn(value: Json): Map<string, string> {
  const out = new Map<string, string>()
  for (const list of Object.values(value)) {
    if (!Array.isArray(list)) continue
    for (const one of list.map(objectOf)) {
      const name = text(one.name) || text(one.id)
      if (name) out.set(name, JSON.stringify(one))
    }
  }
  return out
}

function other({ act, change, subject }: Told): string[] {
  return [`${words.other[act]} ${[change.what, subject].filter(Boolean).join(' ')}`]
}
