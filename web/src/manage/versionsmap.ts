/** A step that has another id in the other version; to is "" as long as nobody has said which. */
export interface Renamed {
  step: string
  name: string
  to: string
}

interface InTheWay {
  step?: string
  name?: string
}

interface Step {
  element: string
  name: string
}

/** The steps it can be said of: those that it was said of before, and those in the way that the other version has not. */
export function renamedOf(said: readonly Renamed[], blocked: readonly InTheWay[], steps: readonly Step[]): Renamed[] {
  const out = [...said]
  for (const { step, name } of blocked) {
    if (!step || out.some((one) => one.step === step) || steps.some(({ element }) => element === step)) continue
    out.push({ step, name: name || step, to: '' })
  }
  return out
}

/** Says of a step what it has become; "" takes it back. */
export function renamed(said: readonly Renamed[], one: Renamed): Renamed[] {
  const others = said.filter(({ step }) => step !== one.step)
  return one.to ? [...others, one] : others
}

/** What goes over: old id to new id. */
export function mapOf(said: readonly Renamed[]): Record<string, string> {
  return Object.fromEntries(said.map(({ step, to }) => [step, to]))
}

/** A step as people choose it: its name, and its id where the name does not tell it. */
export function stepName({ element, name }: Step): string {
  return name && name !== element ? `${name} (${element})` : element
}

export type Hindrance = 'none' | 'nothing' | 'some'

/** Why the move would do nothing as it stands; undefined when it can begin. */
export function hindrance({ total, can }: { total: number; can: number }, those: boolean): Hindrance | undefined {
  if (total === 0) return 'none'
  if (can === 0) return 'nothing'
  return can < total && !those ? 'some' : undefined
}
