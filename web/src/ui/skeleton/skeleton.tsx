import { t } from '../../text/en'
import './skeleton.css'

/** Grey rows where a list will be. They wait 200 ms (skeleton.css), so that a fast answer never flashes. */
export function Skeleton({ rows = 5, tall = false }: { rows?: number; tall?: boolean }) {
  return (
    <div className="skeleton" role="status">
      <span className="unseen">{t.common.loading}</span>
      {Array.from({ length: rows }, (_, i) => (
        <span key={i} className={tall ? 'skeleton-row tall' : 'skeleton-row'} aria-hidden="true" />
      ))}
    </div>
  )
}
