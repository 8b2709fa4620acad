import type { Place, Variable } from '../../api/types'
import { readDraft, type Draft, type Read } from '../../ui/form/values'

/**
 * Reads only what is different from before: what nobody touched is not sent, so
 * that it is not made another by having been shown. What was emptied is null.
 */
export function changed(fields: readonly Variable[], before: Draft, after: Draft): Read {
  const touched = fields.filter(({ name }) => before[name] !== after[name])
  const { values, wrong } = readDraft(touched, after)
  for (const { name } of touched) {
    if (!(name in values) && !wrong.has(name)) values[name] = null
  }
  return { values, wrong }
}

/** The steps an instance is at, by what is painted on its diagram. */
export function whereItIs(places: readonly Place[], steps: readonly { element: string; state: string }[]): Place[] {
  const at = new Set(steps.filter(({ state }) => state !== 'done').map(({ element }) => element))
  // A sub-process is at work while something in it is: the step within is what is meant first.
  return places.filter(({ element }) => at.has(element)).sort((a, b) => depth(places, b) - depth(places, a))
}

/** Where it can be moved to from a step: within the same sub-process, and not to where it is. */
export function destinations(places: readonly Place[], from: Place | undefined): Place[] {
  if (!from) return []
  return places.filter(({ enter, scope, element }) => enter && scope === from.scope && element !== from.element)
}

function depth(places: readonly Place[], { scope }: Place): number {
  const parent = places.find(({ element }) => element === scope)
  return parent ? 1 + depth(places, parent) : 0
}

/** Names that several steps have are told apart by their ids. */
export function placeNames(places: readonly Place[]): { id: string; label: string }[] {
  const called = (place: Place) => place.name.replace(/\s+/g, ' ') || place.element
  const often = (name: string) => places.filter((place) => called(place) === name).length > 1
  return places.map((place) => ({ id: place.element, label: often(called(place)) ? `${called(place)} (${place.element})` : called(place) }))
}
