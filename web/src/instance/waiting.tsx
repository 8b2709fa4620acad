import { Link } from 'react-router'
import type { InstanceDetail, Waiting } from '../api/types'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Failure } from '../ui/problem/problem'
import { useTryStep } from './queries'

/** What can be done about a step that waits for a connection: give it, or let the step look again. */
export function Lacking({ instance, waiting, mine }: { instance: InstanceDetail; waiting: Waiting; mine: boolean }) {
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
