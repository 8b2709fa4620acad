import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ApiCaller, Token } from '../api/types'
import { TokenTable } from '../me/tokentable'
import { apisWords, tokensWords } from '../text/apis'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { PersonTag } from '../ui/coin/coin'
import { Dialog } from '../ui/dialog/dialog'
import { Empty } from '../ui/empty/empty'
import { More } from '../ui/more/more'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { callers, useAllTokens, useEndToken } from './apisqueries'

const words = apisWords

const atFirst = 10

/** Who called in the last 30 days: the last ones, and all of them on demand. */
export function Callers() {
  const list = useQuery(callers)
  const [all, setAll] = useState(false)
  const items = list.data?.items ?? []
  const left = all ? 0 : items.length - atFirst
  return (
    <Section title={words.callers} plain>
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={3} />}
      {list.data && items.length === 0 && <Empty icon="people">{words.nobody}</Empty>}
      {items.length > 0 && <CallerTable items={all ? items : items.slice(0, atFirst)} />}
      {left > 0 && (
        <div>
          <Button onPress={() => setAll(true)}>{words.showLeft(left)}</Button>
        </div>
      )}
      {left <= 0 && list.data?.more && <p className="quiet">{words.more}</p>}
    </Section>
  )
}

function CallerTable({ items }: { items: readonly ApiCaller[] }) {
  const { who, api, how, served, refused, last } = words.columns
  return (
    <table className="table">
      <thead>
        <tr>
          {[who, api, how, served, refused, last].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={`${one.api} ${one.kind ?? ''} ${one.via ?? ''} ${one.person?.id ?? ''}`}>
            <th scope="row">
              {one.person ? <PersonTag person={one.person} /> : words.unknown}
              {one.via && <span className="table-under quiet small">{one.via}</span>}
            </th>
            <td data-label={api}>{words.names[one.api] ?? one.api}</td>
            <td data-label={how}>{words.kindsShort[one.kind ?? ''] ?? one.kind}</td>
            <td data-label={served}>{one.served.toLocaleString('en')}</td>
            <td data-label={refused}>
              <Refusals caller={one} />
            </td>
            <td data-label={last}>
              <When at={one.last} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Refusals({ caller }: { caller: ApiCaller }) {
  if (caller.refused.length === 0) return <span className="quiet">{words.none}</span>
  return (
    <span className="api-refusals">
      {caller.refused.slice(0, 4).map((one) => (
        <Badge key={one.code} tone="warn">
          {words.refusedAs(one.code, one.times)}
        </Badge>
      ))}
    </span>
  )
}

/** Everybody's tokens, to be ended by an administrator. */
export function EverybodysTokens() {
  const list = useAllTokens()
  const [asked, setAsked] = useState<Token>()
  const say = useSay()
  const end = useEndToken(() => {
    say(tokensWords.ended(asked?.name ?? ''))
    setAsked(undefined)
  })
  const items = (list.data?.pages ?? []).flatMap((page) => page.items)
  return (
    <Section title={words.everybodys} plain>
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={2} />}
      {list.data && items.length === 0 && <Empty icon="keys">{words.noTokens}</Empty>}
      {items.length > 0 && <TokenTable items={items} onEnd={setAsked} owners />}
      <More list={list} />
      <Dialog
        title={tokensWords.endTitle(asked?.name ?? '')}
        open={asked !== undefined}
        onClose={() => setAsked(undefined)}
        alert
        actions={
          <Button look="danger" onPress={() => asked && end.mutate(asked.id)} busy={end.isPending}>
            {tokensWords.end}
          </Button>
        }
      >
        <p>{tokensWords.endLead}</p>
        {end.error && <Failure error={end.error} />}
      </Dialog>
    </Section>
  )
}
