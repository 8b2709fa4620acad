import { Link } from 'react-router'
import type { Waiting } from '../api/types'
import { t } from '../text/en'
import { PersonTag } from '../ui/coin/coin'
import { Icon, type IconName } from '../ui/icon/icon'
import { When } from '../ui/when/when'
import { waitInWords } from './where'

const icons: Record<Waiting['kind'], IconName> = {
  task: 'inbox',
  timer: 'clock',
  mail: 'mail',
  call: 'flow',
  external: 'flow',
  incident: 'alert',
  join: 'flow',
}

/** What an instance waits for now, and who has it. */
export function WaitingList({ waiting, me }: { waiting: readonly Waiting[]; me: string }) {
  return (
    <ul className="waits">
      {waiting.map((one, i) => (
        <li key={one.task ?? `${one.step}-${i}`} className={one.kind === 'incident' ? 'wait bad' : 'wait'}>
          <Icon name={icons[one.kind]} />
          <div className="wait-words">
            <strong>{waitInWords(one)}</strong>
            {one.for && one.for.length > 0 && (
              <span className="row">
                {one.for.map((person) => (
                  <PersonTag key={person.id} person={person} you={person.id === me} youText={t.common.youCap} />
                ))}
              </span>
            )}
            {one.until && (
              <span className="quiet">
                {t.instance.until} <When at={one.until} />
              </span>
            )}
          </div>
          {one.task && one.for?.some((person) => person.id === me) && <Link to={`/tasks/${one.task}`}>{t.instance.openTask}</Link>}
        </li>
      ))}
    </ul>
  )
}
