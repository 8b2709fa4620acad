import type { Event } from '../../api/types'
import { sentence } from '../../api/problem'
import { t } from '../../text/en'
import { Coin } from '../coin/coin'
import { Evidence } from '../evidence/evidence'
import { Icon } from '../icon/icon'
import { When } from '../when/when'
import { markOf } from './marks'
import './timeline.css'

/** What happened, oldest first: who, what, when, and what they wrote. */
export function Timeline({ events }: { events: readonly Event[] }) {
  return (
    <ol className="timeline">
      {events.map((event) => {
        const mark = markOf(event)
        return (
          <li key={event.seq} className={event.minor ? 'moment minor' : 'moment'}>
            <span className={`moment-mark ${mark.tone}`} aria-hidden="true">
              {event.by ? <Coin person={event.by} size="small" /> : <Icon name={mark.icon} />}
            </span>
            <div className="moment-body">
              <p className="moment-text">{sentence(event.text)}</p>
              {event.comment && <p className="moment-comment prose">{event.comment}</p>}
              <p className="moment-when small quiet">
                <When at={event.at} />
                {event.channel === 'mail' && ` · ${t.instance.byMail}`}
              </p>
              <Evidence of={event.evidence} />
            </div>
          </li>
        )
      })}
    </ol>
  )
}
