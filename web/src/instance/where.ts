import type { Instance, Waiting } from '../api/types'
import { namesInWords } from '../words/person'
import { speech } from '../text/speech'
import { t } from '../text/en'

/** Where an instance stands, as one sentence for those who do not see the diagram. */
export function whereInWords({ status, waiting }: Pick<Instance, 'status' | 'waiting'>): string {
  if (status !== 'running') return t.instance.diagramEnded
  const steps = waiting.map(waitInWords)
  return steps.length > 0 ? t.instance.diagramAt(new Intl.ListFormat(speech.locale).format(steps)) : ''
}

/** What one thing waits for. */
export function waitInWords(waiting: Pick<Waiting, 'kind' | 'name'>): string {
  return t.instance.waits[waiting.kind](waiting.name)
}

/** Who has it: the people of a waiting task. */
export function whoInWords({ for: people }: Pick<Waiting, 'for'>): string {
  return people && people.length > 0 ? namesInWords(people, speech.locale, t.common.others) : ''
}
