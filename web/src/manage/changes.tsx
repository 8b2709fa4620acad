import { useQueries } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { Change } from '../api/types'
import { trustWords } from '../text/trust'
import { called } from '../words/person'
import { Empty } from '../ui/empty/empty'
import { Select } from '../ui/field/field'
import { More } from '../ui/more/more'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { When } from '../ui/when/when'
import { mentionedIn, namesIn, sentenceOf, type NameOf } from './changessentence'
import { differences } from './changeswords'
import { group, user } from './people/queries'
import { useChanges } from './trustqueries'
import './manage.css'
import './entries.css'

const words = trustWords.changes

/** Who changed what about the server, with what it was before. */
export function ChangesPage() {
  useTitle(words.title)
  const [params, setParams] = useSearchParams()
  const what = params.get('what') ?? ''
  const list = useChanges(what)
  const items = (list.data?.pages ?? []).flatMap((page) => page.items)
  const nameOf = useNames(items)
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
            <ChangeLine key={change.id} change={change} nameOf={nameOf} />
          ))}
        </ol>
      )}
      <More list={list} />
    </Section>
  )
}

// The record keeps who was meant by principal. Most are named in the same list;
// the others are asked for, once.
function useNames(items: readonly Change[]): NameOf {
  const known = namesIn(items)
  const who = [...new Set(items.flatMap(mentionedIn))].filter((one) => !known.has(one))
  const found = useQueries({ queries: who.map((one) => ({ ...nameQuery(one), retry: false, staleTime: 60_000 })) })
  found.forEach((one, i) => one.data && known.set(who[i]!, one.data))
  return (principal) => known.get(principal)
}

function nameQuery(principal: string) {
  const { queryKey, queryFn } = principal.startsWith('user:') ? user(principal) : group('groups', principal)
  return { queryKey, queryFn, select: called }
}

function ChangeLine({ change, nameOf }: { change: Change; nameOf: NameOf }) {
  const how = words.how[change.how ?? '']
  return (
    <li className="entry change">
      <div className="entry-head">
        <h3 className="entry-name">{sentenceOf(change, called(change.by), nameOf)}</h3>
        <p className="change-when quiet small">
          <When at={change.at} />
          {how && `, ${how}`}
        </p>
      </div>
      <Different change={change} nameOf={nameOf} />
    </li>
  )
}

function Different({ change, nameOf }: { change: Change; nameOf: NameOf }) {
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
              <th scope="row">{named(one.path, nameOf)}</th>
              <td data-label={words.before}>{named(said(one.before), nameOf)}</td>
              <td data-label={words.after}>{named(said(one.after), nameOf)}</td>
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

const named = (text: string, nameOf: NameOf) => text.replace(/\b(user|group):\d+\b/g, (one) => nameOf(one) ?? one)
