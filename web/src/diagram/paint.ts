import type { FileProblem, InstanceDetail, StepMark } from '../api/types'

export type Paint = 'done' | 'active' | 'failed' | 'waiting' | 'taken' | 'wrong' | 'remark'

/** Element id to what it should look like. */
export type Painting = ReadonlyMap<string, Paint>

/** What an instance's diagram shows: the path taken, and where it stands. */
export function paintInstance({ steps, flows }: Pick<InstanceDetail, 'steps' | 'flows'>): Painting {
  const painting = new Map<string, Paint>()
  for (const flow of flows) painting.set(flow, 'taken')
  for (const step of steps) painting.set(step.element, stronger(painting.get(step.element), step.state))
  return painting
}

/** What a refused file shows: where its problems are. An error hides a remark on the same element. */
export function paintProblems(problems: readonly FileProblem[]): Painting {
  const painting = new Map<string, Paint>()
  for (const { element, warning } of problems) {
    if (element && painting.get(element) !== 'wrong') painting.set(element, warning ? 'remark' : 'wrong')
  }
  return painting
}

const order: readonly Paint[] = ['taken', 'done', 'waiting', 'active', 'failed']

// A step that was done once and is active again is active: the later matters.
function stronger(before: Paint | undefined, next: StepMark['state']): Paint {
  return before && order.indexOf(before) > order.indexOf(next) ? before : next
}

/** What to take off and what to put on to come from one painting to the next. */
export function repaint(before: Painting, after: Painting): { off: [string, Paint][]; on: [string, Paint][] } {
  const off = [...before].filter(([id, paint]) => after.get(id) !== paint)
  const on = [...after].filter(([id, paint]) => before.get(id) !== paint)
  return { off, on }
}
