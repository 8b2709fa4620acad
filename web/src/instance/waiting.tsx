import { Link } from 'react-router'
import type { InstanceDetail, Waiting } from '../api/types'
import { t } from '../text/en'
import { PersonTag } from '../ui/coin/coin'
import { Icon, type IconName } from '../ui/icon/icon'
import { Button } from '../ui/button/button'
import { Failure } from '../ui/problem/problem'
import { When } from '../ui/when/when'
import { useTryStep } from './queries'
import { waitInWords } from './where'

const icons: Record<Waiting['kind'], IconName> = {
  task: 'inbox',
  timer: 'clock',
  mail: 'mail',
  call: 'flow',
  external: 'flow',
  incident: 'alert',
  join: 'flow',
  connection: 'people',
}

/** What an instance waits for now, and who has it. */
export function WaitingList({ instance, me }: { instance: InstanceDetail; me: string }) {
  return (
    <ul className="waits">
      {instance.waiting.map((one, i) => (
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
            {one.why && (
              <span className="quiet">
                {one.why}
                {one.since && (
                  <>
                    {' '}
                    {t.instance.waitsSince} <When at={one.since} />
                  </>
                )}
              </span>
            )}
            {one.until && (
              <span className="quiet">
                {t.instance.until} <When at={one.until} />
              </span>
            )}
          </div>
          {one.kind === 'connection' && <Lacking instance={instance} waiting={one} mine={!!one.for?.some((person) => person.id === me)} />}
          {one.task && one.for?.some((person) => person.id === me) && <Link to={`/tasks/${one.task}`}>{t.instance.openTask}</Link>}
        </li>
      ))}
    </ul>
  )
}

/** What can be done about a step that waits for a connection: give it, or let the step look again. */
function Lacking({ instance, waiting, mine }: { instance: InstanceDetail; waiting: Waiting; mine: boolean }) {
  const again = useTryStep(instance.id)
  const { serial, connect } = waiting
  return (
    <div className="row">
      {mine && connect && <Link to={`/connect/${connect}`}>{t.instance.connectAccount}</Link>}
      {serial && (mine || instance.canManage) && (
        <Button icon="retry" busy={again.isPending} onPress={() => again.mutate(serial)}>
          {t.instance.lookAgain}
        </Button>
      )}
      <span role="status" className="quiet small">
        {again.isSuccess ? t.instance.lookedAgain : ''}
      </span>
      {again.error && <Failure error={again.error} />}
    </div>
  )
}
