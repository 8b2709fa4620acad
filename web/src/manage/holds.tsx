import type { Hold } from '../api/types'
import { t } from '../text/en'
import { called } from '../words/person'
import { Message } from '../ui/message/message'
import { When } from '../ui/when/when'

/** Says of each hold since when, by whom and why. */
export function Holds({ holds }: { holds: readonly Hold[] }) {
  return holds.map((hold) => (
    <Message key={hold.id} tone="warn">
      <p>
        <strong>{t.keeping.held}</strong> {t.keeping.heldBy(called(hold.placedBy))} <When at={hold.placed} />, {t.keeping.because(hold.reason)}
      </p>
      <p>{t.keeping.heldUntil}</p>
    </Message>
  ))
}
