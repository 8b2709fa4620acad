import { useSearchParams } from 'react-router'
import type { Change } from '../api/types'
import { t } from '../text/en'
import { called } from '../words/person'
import { Badge } from '../ui/badge/badge'
import { Empty } from '../ui/empty/empty'
import { Select } from '../ui/field/field'
import { More } from '../ui/more/more'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { actOf, differences } from './changeswords'
import { useChanges } from './trustqueries'
import './manage.css'
import './entries.css'

const words = t.trust.changes

/** Who changed what about the server, with what it was before. */
export function ChangesPage() {
  useTitle(words.title)
  const [params, setParams] = useSearchParams()
  const what = params.get('what') ?? ''
  const list = useChanges(what)
  const items = (list.data?.pages ?? []).flatMap((page) => page.items)
  const kinds = [{ id: 'all', label: words.all }, ...Object.entries(words.whats).map(([id, label]) => ({ id, label }))]
  return (
    <Section title={words.title} plain>
      <p className="quiet">{words.lead}</p>
      <div className="changes-kind">
        <Select label={words.kind} value={what || 'all'} onChange={(next) => setParams(next === 'all' ? {} : { what: next }, { replace: true })} options={kinds} />
      </div>
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={4} tall />}
      {list.data && items.length === 0 && <Empty>{words.none}</Empty>}
      {items.length > 0 && (
        <ol className="entries">
          {items.map((change) => (
            <ChangeCard key={change.id} change={change} />
          ))}
        </ol>
      )}
      <More list={list} />
    </Section>
  )
}

const tones = { made: 'good', gone: 'bad', changed: 'info' } as const

function ChangeCard({ change }: { change: Change }) {
  const act = actOf(change)
  const subject = change.called || change.subject
  const how = words.how[change.how ?? '']
  return (
    <li className="entry">
      <div className="entry-head">
        <h3 className="entry-name">
          {words.whats[change.what] ?? change.what}
          {subject && <> {subject}</>}
        </h3>
        <Badge tone={tones[act]}>{words[act]}</Badge>
      </div>
      <p className="quiet small">
        <When at={change.at} /> {change.by.id ? words.by(called(change.by)) : words.itself}
        {how && `, ${how}`}
      </p>
      <Different change={change} />
    </li>
  )
}

function Different({ change }: { change: Change }) {
  const list = differences(change.before, change.after)
  if (list.length === 0) return <p className="quiet">{words.same}</p>
  return (
    <details className="other">
      <summary>
        {words.details} <span className="quiet small">({words.values(list.length)})</span>
      </summary>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.field}</th>
            <th scope="col">{words.before}</th>
            <th scope="col">{words.after}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <tr key={one.path}>
              <th scope="row">{one.path}</th>
              <td data-label={words.before}>{said(one.before)}</td>
              <td data-label={words.after}>{said(one.after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

function said(value: string | undefined): string {
  if (value === undefined || value === '') return words.nothing
  if (value === 'true') return words.yes
  return value === 'false' ? words.no : value
}
