import type { TaskDetail } from '../api/types'
import { calledFor } from '../words/person'
import { t } from '../text/en'
import { Coin, PersonTag } from '../ui/coin/coin'
import { When } from '../ui/when/when'

/** Who answered what so far, where several answers are wanted, and how they decide. */
export function Answers({ task, heading: Heading }: { task: TaskDetail; heading: 'h2' | 'h3' }) {
  const given = task.answers ?? []
  const later = task.later ?? []
  if (!task.wanted || task.wanted < 2) return null
  return (
    <section className="stack task-part" aria-live="polite">
      <Heading>{t.task.answers}</Heading>
      <p>{t.task.tally(given.length, task.wanted)}</p>
      {given.length > 0 && (
        <ul className="stack comments">
          {given.map((one) => (
            <li key={one.at}>
              <Coin person={one.by} size="small" />
              <div>
                <p className="small">
                  <strong>{calledFor(one.by, one.for)}</strong>: {one.action}{' '}
                  <span className="quiet">
                    <When at={one.at} />
                  </span>
                </p>
                {one.comment && <p className="prose">{one.comment}</p>}
              </div>
            </li>
          ))}
        </ul>
      )}
      {later.length > 0 && (
        <p className="row">
          <span className="quiet small">{t.task.later}</span>
          {later.map((person) => (
            <PersonTag key={person.id} person={person} />
          ))}
        </p>
      )}
      {task.rule && <p className="quiet small">{task.rule}</p>}
    </section>
  )
}
