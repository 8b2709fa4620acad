import { lazy, Suspense, useMemo, useState } from 'react'
import { Link, useParams } from 'react-router'
import type { InstanceDetail } from '../api/types'
import { Diagram } from '../diagram/diagram'
import { paintInstance } from '../diagram/paint'
import { Holds } from '../manage/holds'
import { SandboxMails } from '../sandbox/mails'
import { useMe } from '../shell/session'
import { CommentBox } from '../task/comments'
import { Facts } from '../task/facts'
import { t } from '../text/en'
import { repairWords } from '../text/repair'
import { LinkButton } from '../ui/button/button'
import { PersonTag } from '../ui/coin/coin'
import { Check } from '../ui/field/field'
import { More } from '../ui/more/more'
import { Page, Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { Timeline } from '../ui/timeline/timeline'
import { When } from '../ui/when/when'
import { CancelButton } from './cancel'
import { IncidentCard, incidentKey } from './incident'
import { useCommentInstance, useHistory, useInstance, useInstanceDiagram, useInstanceMails } from './queries'
import { InstanceStatus } from './status'
import { withMails } from './told'
import { whereInWords } from './where'
import { WhyWaiting } from './why'
import './instance.css'

// Most people only look: what administrators can do comes when one of them is here.
const repair = () => import('./repair/repair')
const RepairMenu = lazy(async () => ({ default: (await repair()).RepairMenu }))
const StoppedMessage = lazy(async () => ({ default: (await repair()).StoppedMessage }))
const IncidentMenu = lazy(async () => ({ default: (await repair()).IncidentMenu }))

export function InstancePage() {
  const id = Number(useParams().id)
  const instance = useInstance(id)
  const title = instance.data ? instance.data.folio || t.requests.noFolio(instance.data.workflow, id) : t.instance.number(id)
  return (
    <Page
      title={title}
      back={{ to: '/requests', label: t.instance.all }}
      lead={instance.data && <Lead instance={instance.data} />}
      actions={instance.data && <Actions instance={instance.data} />}
    >
      {instance.error && <Failure error={instance.error} retry={() => void instance.refetch()} action={<LinkButton to="/requests">{t.instance.all}</LinkButton>} />}
      {instance.isPending && <Skeleton rows={6} />}
      {instance.data && !instance.error && <Parts instance={instance.data} />}
    </Page>
  )
}

function Actions({ instance }: { instance: InstanceDetail }) {
  return (
    <>
      {instance.canManage && (
        <Suspense>
          <RepairMenu instance={instance} />
        </Suspense>
      )}
      {instance.canCancel && instance.status === 'running' && <CancelButton id={instance.id} />}
    </>
  )
}

function Lead({ instance }: { instance: InstanceDetail }) {
  return (
    <span className="row instance-lead">
      <InstanceStatus instance={instance} />
      <span>
        {instance.workflow}, {t.instance.version(instance.version)}
      </span>
      <span className="row">
        {t.instance.startedBy} <PersonTag person={instance.starter} />
      </span>
      <When at={instance.startedAt} />
      <Related instance={instance} />
    </span>
  )
}

/** The requests that run this one, or that it runs. */
function Related({ instance }: { instance: InstanceDetail }) {
  const { caller, called = [] } = instance
  const { related } = repairWords
  return (
    <>
      {caller && (
        <span>
          {related.caller} <Link to={`/requests/${caller.instance}`}>{related.of(caller.folio, caller.instance)}</Link>
        </span>
      )}
      {called.length > 0 && (
        <span className="row">
          {related.called}
          {called.map((one) => (
            <Link key={one.instance} to={`/requests/${one.instance}`}>
              {related.of(one.folio, one.instance)}
            </Link>
          ))}
        </span>
      )}
    </>
  )
}

function Parts({ instance }: { instance: InstanceDetail }) {
  const me = useMe()
  const shown = instance.variables.filter((variable) => variable.value !== undefined && variable.value !== null)
  return (
    <>
      <Holds holds={instance.holds ?? []} />
      {instance.stopped && (
        <Suspense>
          <StoppedMessage instance={instance} stopped={instance.stopped} />
        </Suspense>
      )}
      {instance.problems.map((incident) => (
        <IncidentCard
          key={incidentKey(incident)}
          incident={incident}
          canManage={instance.canManage}
          more={
            instance.canManage && (
              <Suspense>
                <IncidentMenu instance={instance} incident={incident} />
              </Suspense>
            )
          }
        />
      ))}
      {instance.status === 'running' && <WhyWaiting instance={instance} me={me.id} />}
      <DiagramPart instance={instance} />
      <div className="instance-columns">
        <HistoryPart instance={instance} />
        <div className="stack">
          {me.sandbox && instance.status === 'running' && <SandboxMails waiting={instance.waiting} />}
          <Section title={t.instance.variables}>{shown.length > 0 ? <Facts variables={shown} /> : <p className="quiet">{t.instance.noVariables}</p>}</Section>
        </div>
      </div>
    </>
  )
}

function DiagramPart({ instance }: { instance: InstanceDetail }) {
  const diagram = useInstanceDiagram(instance.id)
  const painting = useMemo(() => paintInstance(instance), [instance])
  return (
    <Section title={t.instance.diagram}>
      {diagram.error && <Failure error={diagram.error} retry={() => void diagram.refetch()} />}
      {diagram.isPending && <Skeleton rows={4} />}
      {diagram.data && (
        <div>
          <Diagram xml={diagram.data} painting={painting} label={t.instance.diagramSays(whereInWords(instance))} />
          <p className="legend" aria-hidden="true">
            <span>{t.instance.legend.done}</span>
            {instance.status === 'running' && <span className="active">{t.instance.legend.active}</span>}
            {instance.incidents > 0 && <span className="failed">{t.instance.legend.failed}</span>}
          </p>
        </div>
      )}
    </Section>
  )
}

function HistoryPart({ instance }: { instance: InstanceDetail }) {
  const [all, setAll] = useState(false)
  const history = useHistory(instance.id)
  const comment = useCommentInstance(instance.id)
  const mails = useInstanceMails(instance.id)
  const events = (history.data?.pages ?? []).flatMap((page) => page.items)
  const shown = withMails(all ? events : events.filter((event) => !event.minor), mails.data ?? [], !history.hasNextPage)
  return (
    <Section title={t.instance.history} actions={events.some((event) => event.minor) && <Check label={t.instance.allSteps} value={all} onChange={setAll} />}>
      {history.error && <Failure error={history.error} retry={() => void history.refetch()} />}
      {history.isPending && <Skeleton />}
      {history.data && shown.length === 0 && <p className="quiet">{t.instance.noHistory}</p>}
      <Timeline events={shown} />
      {mails.error && <Failure error={mails.error} retry={() => void mails.refetch()} />}
      <More list={history} />
      <CommentBox send={comment} />
    </Section>
  )
}
