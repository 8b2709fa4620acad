import { Icon, type IconName } from '../icon/icon'
import './empty.css'

/** An empty list: one sentence, and the one button that fills it. */
export function Empty({ icon = 'good', children, action }: { icon?: IconName; children: React.ReactNode; action?: React.ReactNode }) {
  return (
    <div className="empty">
      <span className="empty-mark">
        <Icon name={icon} />
      </span>
      <p>{children}</p>
      {action}
    </div>
  )
}
