import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { OAuthType } from '../api/types'
import { connectionsWords } from '../text/connections'
import { Badge } from '../ui/badge/badge'
import { LinkButton } from '../ui/button/button'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { Back, Entries, Entry, Fact, Facts, Remove } from './entries'
import { oauthTypes, useRemoveType } from './oauthqueries'
import { TypeForm } from './oauthtypeform'

const words = connectionsWords
const { types: own } = words

/** Kinds of providers: those that come with signoff, and one's own. */
export function OAuthTypesPage() {
  useTitle(own.title)
  const [params] = useSearchParams()
  const list = useQuery(oauthTypes)
  if (list.error) return <Failure error={list.error} retry={() => void list.refetch()} />
  if (!list.data) return <Skeleton rows={3} tall />
  if (params.has('add')) return <TypeForm />
  const changed = list.data.items.find((one) => one.name === params.get('change') && !one.shipped)
  if (changed) return <TypeForm key={changed.name} was={changed} />
  return (
    <>
      <Back to="/manage/oauth">{words.back}</Back>
      <Entries
        title={own.title}
        lead={own.lead}
        empty={own.lead}
        icon="keys"
        add={
          <LinkButton look="primary" icon="plus" to="/manage/oauth/types/all?add">
            {own.add}
          </LinkButton>
        }
      >
        {list.data.items.map((one) => (
          <Kind key={one.name} of={one} />
        ))}
      </Entries>
    </>
  )
}

function Kind({ of }: { of: OAuthType }) {
  return (
    <Entry name={of.title} badges={<Badge>{of.shipped ? own.shipped : own.own}</Badge>}>
      {of.text && <p className="quiet">{of.text}</p>}
      <Facts>
        <Fact name={words.facts.name} mono>
          {of.name}
        </Fact>
        <Fact name={own.parameters} mono>
          {of.parameters.map((one) => one.name).join(', ')}
        </Fact>
      </Facts>
      {!of.shipped && (
        <div className="row">
          <LinkButton to={`/manage/oauth/types/all?change=${encodeURIComponent(of.name)}`} aria-label={`${words.change} ${of.title}`}>
            {words.change}
          </LinkButton>
          <RemoveType of={of} />
        </div>
      )}
    </Entry>
  )
}

function RemoveType({ of }: { of: OAuthType }) {
  const say = useSay()
  const remove = useRemoveType(() => say(words.removed(of.title)))
  return (
    <Remove
      title={words.removeTitle(of.title)}
      lead={own.removeLead}
      label={words.remove}
      named={`${words.remove} ${of.title}`}
      busy={remove.isPending}
      error={remove.error}
      remove={() => remove.mutate(of.name)}
      reset={remove.reset}
    />
  )
}
