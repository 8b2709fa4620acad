import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Directory, MadeScimToken, ScimToken } from '../api/types'
import { directoryWords } from '../text/directories'
import { called } from '../words/person'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { CopyField } from '../ui/copy/copy'
import { Dialog } from '../ui/dialog/dialog'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { scimTokens, useEndScimToken, useMakeScimToken } from './directoriesqueries'
import { AskRemoval } from './entries'

const words = directoryWords.scim

/** Where a SCIM client writes to, and the tokens it may do that with. */
export function ScimTokens({ entry }: { entry: Directory }) {
  const list = useQuery(scimTokens(entry.name))
  const [made, setMade] = useState<MadeScimToken>()
  const [asked, setAsked] = useState<ScimToken>()
  const say = useSay()
  const make = useMakeScimToken(entry.name, setMade)
  const end = useEndScimToken(entry.name, () => {
    say(words.ended)
    setAsked(undefined)
  })
  if (list.error) return <Failure error={list.error} retry={() => void list.refetch()} />
  if (!list.data) return <Skeleton rows={2} />
  const button = (
    <Button look={list.data.tokens.length === 0 ? 'primary' : 'plain'} icon="plus" busy={make.isPending} isDisabled={list.data.tokens.length >= 2} onPress={() => make.mutate()}>
      {words.make}
    </Button>
  )
  return (
    <Section title={directoryWords.editTitle(entry.name)} actions={button}>
      <CopyField label={words.address} value={list.data.address} />
      {!entry.on && <Message tone="warn">{words.isOff}</Message>}
      <p className="quiet">{list.data.tokens.length === 0 ? words.none : words.tokensLead}</p>
      {make.error && <Failure error={make.error} />}
      {list.data.tokens.length > 0 && <TokenTable items={list.data.tokens} onEnd={setAsked} />}
      {made && (
        <Dialog title={words.madeTitle} open onClose={() => setMade(undefined)} alert>
          <Message tone="warn" live>
            {words.madeLead}
          </Message>
          <CopyField label={words.token} value={made.token} />
        </Dialog>
      )}
      <AskRemoval open={asked !== undefined} close={() => setAsked(undefined)} title={words.endTitle(asked?.ending ?? '')} lead={words.endLead} label={words.end} busy={end.isPending} error={end.error} remove={() => asked && end.mutate(asked.id)} reset={end.reset} />
    </Section>
  )
}

function TokenTable({ items, onEnd }: { items: readonly ScimToken[]; onEnd: (token: ScimToken) => void }) {
  const { token, made, expires, used } = words.columns
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{token}</th>
          <th scope="col">{made}</th>
          <th scope="col">{expires}</th>
          <th scope="col">{used}</th>
          <th scope="col">
            <span className="unseen">{words.end}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.id}>
            <th scope="row" className="mono">
              scim_…{one.ending}
            </th>
            <td data-label={made}>
              <When at={one.created} /> {one.by && <span className="quiet">{called(one.by)}</span>}
            </td>
            <td data-label={expires}>
              {one.expires ? <When at={one.expires} /> : <span className="quiet">{words.never}</span>} {one.expires && Date.parse(one.expires) < Date.now() && <Badge tone="warn">{words.ranOut}</Badge>}
            </td>
            <td data-label={used}>{one.used ? <When at={one.used} /> : <span className="quiet">{words.notYet}</span>}</td>
            <td className="table-end">
              <Button look="subtle" aria-label={words.endTitle(one.ending)} onPress={() => onEnd(one)}>
                {words.end}
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
