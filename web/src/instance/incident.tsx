import { useEffect, useState } from 'react'
import type { Incident } from '../api/types'
import { sentence } from '../api/problem'
import { speech } from '../text/speech'
import { t } from '../text/en'
import { absolute } from '../words/time'
import { Button } from '../ui/button/button'
import { Failure, ProblemCard } from '../ui/problem/problem'
import { useRetry } from './queries'

interface Props {
  incident: Incident
  canManage: boolean
  more?: React.ReactNode
}

/** What keeps a card in place while its step is tried again. */
export function incidentKey({ instance, step }: Incident): string {
  return `${instance} ${step}`
}

/** A failed step. Retry ends only with what really came of it: the card goes when the step is done, and says so when it failed again. */
export function IncidentCard({ incident, canManage, more }: Props) {
  const retry = useRetry(incident.instance, incident.serial)
  const tried = useTried(incident)
  const start = () => {
    tried.start()
    retry.mutate()
  }
  return (
    <ProblemCard
      title={t.instance.problemTitle(incident.name || incident.step)}
      why={sentence(incident.cause, incident.advice)}
      action={
        <>
          {canManage ? (
            <Button look="primary" icon="retry" onPress={start} busy={retry.isPending || tried.waiting}>
              {tried.waiting ? t.instance.retrying : t.instance.retry}
            </Button>
          ) : (
            <span className="quiet">{t.instance.askAdmin}</span>
          )}
          {more}
        </>
      }
      facts={[
        [t.problem.time, absolute(new Date(incident.at), speech)],
        [t.problem.step, incident.step],
        [t.problem.attempts, String(incident.attempts)],
        [t.problem.code, incident.code],
        [t.problem.serial, incident.serial],
      ]}
    >
      {incident.attempts > 0 && <p className="quiet small">{t.instance.attempt(incident.attempts)}</p>}
      {tried.failed && <p className="field-error">{t.instance.retryFailed}</p>}
      {retry.error && <Failure error={retry.error} />}
    </ProblemCard>
  )
}

const patience = 60_000

// A retry is over when the step's card comes back as another incident, or as the
// same one of a later time.
function useTried({ at, serial }: Incident) {
  const now = `${serial} ${at}`
  const [startedOn, setStartedOn] = useState<string>()
  const failed = startedOn !== undefined && startedOn !== now
  const waiting = startedOn === now
  useEffect(() => {
    if (!waiting) return
    const timer = setTimeout(() => setStartedOn(undefined), patience)
    return () => clearTimeout(timer)
  }, [waiting])
  return { waiting, failed, start: () => setStartedOn(now) }
}
