import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { Workflow } from '../api/types'
import { useMe } from '../shell/session'
import { speech } from '../text/speech'
import { t } from '../text/en'
import { LinkButton } from '../ui/button/button'
import { Empty } from '../ui/empty/empty'
import { Icon } from '../ui/icon/icon'
import { Page } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { byCategory, startable } from './queries'
import './start.css'

export function StartPage() {
  const workflows = useQuery(startable)
  const groups = byCategory(workflows.data?.items ?? [], t.start.other, speech.locale)
  return (
    <Page title={t.start.title} lead={groups.length > 0 ? t.start.lead : undefined}>
      {workflows.error && <Failure error={workflows.error} retry={() => void workflows.refetch()} />}
      {workflows.isPending && <Skeleton rows={4} tall />}
      {workflows.data && groups.length === 0 && <NothingToStart />}
      {groups.map(([category, list]) => (
        <section key={category} className="stack start-group">
          <h2>{category}</h2>
          <ul className="cards">
            {list.map((workflow) => (
              <Card key={workflow.id} workflow={workflow} />
            ))}
          </ul>
        </section>
      ))}
    </Page>
  )
}

function Card({ workflow }: { workflow: Workflow }) {
  return (
    <li>
      <Link to={`/start/${encodeURIComponent(workflow.key)}`} className="card">
        <span className="card-mark">
          <Icon name="flow" />
        </span>
        <span className="card-words">
          <strong>{workflow.name}</strong>
          {workflow.description && <span className="quiet card-description">{workflow.description}</span>}
        </span>
        <Icon name="right" />
      </Link>
    </li>
  )
}

function NothingToStart() {
  const me = useMe()
  if (!me.admin) return <Empty icon="start">{t.start.none}</Empty>
  return (
    <Empty
      icon="start"
      action={
        <LinkButton to="/manage/workflows" look="primary">
          {t.start.deploy}
        </LinkButton>
      }
    >
      {t.start.noneAdmin}
    </Empty>
  )
}
