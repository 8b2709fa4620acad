import { Icon, type IconName } from '../icon/icon'
import './message.css'

export type MessageTone = 'info' | 'good' | 'warn' | 'bad'

const icons: Record<MessageTone, IconName> = { info: 'info', good: 'good', warn: 'alert', bad: 'alert' }

interface Props {
  tone?: MessageTone
  /** Read aloud when it appears. */
  live?: boolean
  action?: React.ReactNode
  children: React.ReactNode
}

/** A message bar: something to know about what stands below it. */
export function Message({ tone = 'info', live = false, action, children }: Props) {
  return (
    <div className={`message ${tone}`} role={live ? 'status' : undefined}>
      <Icon name={icons[tone]} />
      <div className="message-text">{children}</div>
      {action && <div className="message-action">{action}</div>}
    </div>
  )
}
