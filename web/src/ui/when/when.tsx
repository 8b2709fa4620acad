import { absolute, inWords } from '../../words/time'
import { speech } from '../../text/speech'
import { useNow } from './now'

/** A moment in words; the absolute time in the tooltip. */
export function When({ at }: { at: string }) {
  const now = useNow()
  const moment = new Date(at)
  return (
    <time dateTime={at} title={absolute(moment, speech)}>
      {inWords(moment, now, speech)}
    </time>
  )
}
