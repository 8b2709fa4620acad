import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { OAuthToken } from '../api/types'
import { sentence } from '../connect/connect'
import { State } from '../me/connections'
import { connectionsWords } from '../text/connections'
import { Button } from '../ui/button/button'
import { More } from '../ui/more/more'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { AskRemoval } from './entries'
import { oauthTokens, useDeleteToken } from './oauthqueries'

const words = connectionsWords.tokens

/** Tokens of a resource, or of all of them. */
export function Tokens({ resource }: { resource: string }) {
  const list = useInfiniteQuery(oauthTokens(resource))
  const [asked, setAsked] = useState<OAuthToken>()
  const say = useSay()
  const remove = useDeleteToken(() => {
    say(words.deleted)
    setAsked(undefined)
  })
  const items = list.data?.pages.flatMap((page) => page.items) ?? []
  const { whose, resource: of, account, state, until, act } = words.columns
  return (
    <Section title={words.title} plain>
      <p className="quiet">{words.lead}</p>
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={2} />}
      {list.data && items.length === 0 && <p className="quiet">{words.none}</p>}
      {items.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{whose}</th>
              {!resource && <th scope="col">{of}</th>}
              <th scope="col">{account}</th>
              <th scope="col">{state}</th>
              <th scope="col">{until}</th>
              <th scope="col">
                <span className="unseen">{act}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <tr key={one.id}>
                <th scope="row">{owner(one)}</th>
                {!resource && <td data-label={of}>{one.title}</td>}
                <td data-label={account}>
                  {one.account || '–'}
                  {one.scope && <span className="quiet small"> {words.granted(one.scope)}</span>}
                </td>
                <td data-label={state}>
                  <State of={one} />
                  {one.problem && <span className="quiet small"> {sentence(one.problem.detail)}</span>}
                </td>
                <td data-label={until}>{one.renewed ? <When at={one.renewed} /> : '–'}</td>
                <td>
                  <Button look="subtle" icon="bin" onPress={() => setAsked(one)} aria-label={`${words.delete}: ${owner(one)}, ${one.title}`}>
                    {words.delete}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <More list={list} />
      <AskRemoval open={asked !== undefined} close={() => setAsked(undefined)} title={words.deleteTitle} lead={words.deleteLead} label={words.delete} busy={remove.isPending} error={remove.error} remove={() => asked && remove.mutate(asked.id)} reset={remove.reset} />
    </Section>
  )
}

function owner(one: OAuthToken): string {
  if (one.for === 'app') return words.app
  if (one.for === 'service') return words.service
  return one.owner?.name ?? one.owner?.login ?? ''
}
