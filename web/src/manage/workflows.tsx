import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { Workflow } from '../api/types'
import { t } from '../text/en'
import { called } from '../words/person'
import { LinkButton } from '../ui/button/button'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { DeployBox } from './deploy'
import { workflows } from './queries'
import './manage.css'

/** What is deployed, and the place to deploy. */
export function WorkflowsPage() {
  useTitle(t.manage.workflows)
  const list = useQuery(workflows)
  return (
    <>
      <DeployBox />
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={3} tall />}
      {list.data?.items.length === 0 && <p className="quiet">{t.manage.none}</p>}
      {list.data && list.data.items.length > 0 && <WorkflowTable workflows={list.data.items} />}
    </>
  )
}

function WorkflowTable({ workflows }: { workflows: readonly Workflow[] }) {
  const { name, version, by, when } = t.manage.columns
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">{version}</th>
          <th scope="col">{by}</th>
          <th scope="col">{when}</th>
          <th scope="col">
            <span className="unseen">{t.manage.startIt}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {workflows.map((workflow) => (
          <tr key={workflow.id}>
            <th scope="row">
              {workflow.canManage ? <Link to={`/manage/workflows/${encodeURIComponent(workflow.key)}`}>{workflow.name}</Link> : workflow.name}
              <span className="small quiet table-under">
                {workflow.key}
                {workflow.category && ` · ${workflow.category}`}
              </span>
            </th>
            <td data-label={version}>{workflow.version}</td>
            <td data-label={by}>{called(workflow.deployedBy)}</td>
            <td data-label={when}>
              <When at={workflow.deployedAt} />
            </td>
            <td className="table-end">{workflow.canStart && <LinkButton to={`/start/${encodeURIComponent(workflow.key)}`}>{t.manage.startIt}</LinkButton>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
