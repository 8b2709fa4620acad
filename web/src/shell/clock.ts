import { speech } from '../text/speech'
import { clock } from '../words/time'

/** The time of day in the reader's own zone. */
export function absoluteClock(at: Date): string {
  return clock(at, speech)
}
