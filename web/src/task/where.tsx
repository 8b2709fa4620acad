import { useMemo } from 'react'
import { Link } from 'react-router'
import { Diagram } from '../diagram/diagram'
import { paintInstance } from '../diagram/paint'
import { useHistory, useInstance, useInstanceDiagram } from '../instance/queries'
import { whereInWords } from '../instance/where'
import { t } from '../text/en'
import { Section } from '../ui/page/page'
import { Skeleton } from '../ui/skeleton/skeleton'
import { Timeline } from '../ui/timeline/timeline'

/** Beside a task: where its request stands and what happened so far. Left out for who may not see the request. */
export function WhereItStands({ instance }: { instance: number }) {
  const detail = useInstance(instance)
  const diagram = useInstanceDiagram(instance, detail.isSuccess)
  const history = useHistory(instance, detail.isSuccess)
  const painting = useMemo(() => paintInstance(detail.data ?? { steps: [], flows: [] }), [detail.data])
  if (detail.error) return null
  const events = (history.data?.pages ?? []).flatMap((page) => page.items).filter((event) => !event.minor)
  return (
    <div className="stack">
      <Section title={t.task.where} actions={<Link to={`/requests/${instance}`}>{t.task.openRequest}</Link>}>
        {diagram.data && detail.data ? <Diagram xml={diagram.data} painting={painting} label={t.instance.diagramSays(whereInWords(detail.data))} small /> : <Skeleton rows={3} />}
      </Section>
      {events.length > 0 && (
        <Section title={t.task.history}>
          <Timeline events={events} />
        </Section>
      )}
    </div>
  )
}
