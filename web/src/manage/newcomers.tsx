import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Newcomer } from '../api/types'
import { trustWords } from '../text/trust'
import { called } from '../words/person'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Empty } from '../ui/empty/empty'
import { More } from '../ui/more/more'
import { Section, useTitle } from '../ui/page/page'
import { PersonPicker } from '../ui/person/picker'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { Views } from '../ui/tabs/tabs'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { useAnswerNewcomer, useNewcomers } from './trustqueries'
import './entries.css'

const words = trustWords.newcomersPage

/** People and applications that trusted systems vouch for and nobody here knows. */
export function NewcomersPage() {
  useTitle(words.title)
  const [params] = useSearchParams()
  const refused = params.get('view') === 'refused'
  const list = useNewcomers(refused)
  const items = (list.data?.pages ?? []).flatMap((page) => page.items)
  return (
    <>
      <div>
        <LinkButton look="subtle" icon="back" to="/manage/trust">
          {trustWords.back}
        </LinkButton>
      </div>
      <Section title={words.title} plain>
        <p className="quiet">{words.lead}</p>
        <Views
          label={words.title}
          name="view"
          path="/manage/trust/newcomers"
          views={[
            { id: 'waiting', label: words.views.waiting },
            { id: 'refused', label: words.views.refused },
          ]}
        />
        {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
        {list.isPending && <Skeleton rows={3} tall />}
        {list.data && items.length === 0 && <Empty>{refused ? words.noneRefused : words.none}</Empty>}
        {items.length > 0 && (
          <ul className="entries">
            {items.map((one) => (
              <NewcomerCard key={one.id} one={one} />
            ))}
          </ul>
        )}
        <More list={list} />
      </Section>
    </>
  )
}

function NewcomerCard({ one }: { one: Newcomer }) {
  const say = useSay()
  const [linking, setLinking] = useState(false)
  const admit = useAnswerNewcomer((name) => say(words.admitted(name)))
  const refuse = useAnswerNewcomer(() => say(words.refusedDone))
  const again = useAnswerNewcomer(() => say(words.againDone))
  const error = admit.error ?? refuse.error ?? again.error
  return (
    <li className="entry">
      <div className="entry-head">
        <h3 className="entry-name">{one.name || one.label}</h3>
        {one.application && <Badge>{words.application}</Badge>}
        <span className="quiet small">
          {words.asked(one.times)}, <When at={one.last} />
        </span>
      </div>
      <p className="entry-under">
        {one.label} <span className="quiet small">{one.source}</span>
      </p>
      {one.perhaps && <p>{words.perhaps(called(one.perhaps))}</p>}
      <div className="entry-actions">
        {one.refused ? (
          <Button onPress={() => again.mutate({ id: one.id, act: 'again' })} busy={again.isPending}>
            {words.again}
          </Button>
        ) : (
          <>
            <Button look="primary" onPress={() => admit.mutate({ id: one.id, act: 'admit' })} busy={admit.isPending}>
              {words.admit}
            </Button>
            {!one.application && <Button onPress={() => setLinking(true)}>{words.link}</Button>}
            <Button look="subtle" onPress={() => refuse.mutate({ id: one.id, act: 'refuse' })} busy={refuse.isPending}>
              {words.refuse}
            </Button>
          </>
        )}
      </div>
      {error && <Failure error={error} />}
      {linking && <LinkDialog one={one} onClose={() => setLinking(false)} />}
    </li>
  )
}

function LinkDialog({ one, onClose }: { one: Newcomer; onClose: () => void }) {
  const say = useSay()
  const [person, setPerson] = useState(one.perhaps?.login ?? '')
  const link = useAnswerNewcomer((name) => {
    say(words.linked(name))
    onClose()
  })
  return (
    <Dialog
      title={words.linkTitle(one.name || one.label)}
      open
      onClose={onClose}
      actions={
        <Button look="primary" isDisabled={person === ''} busy={link.isPending} onPress={() => link.mutate({ id: one.id, act: 'link', person })}>
          {words.linkDo}
        </Button>
      }
    >
      <p>{words.linkLead}</p>
      <PersonPicker label={words.person} value={person} onChange={setPerson} required autoFocus />
      {link.error && <Failure error={link.error} />}
    </Dialog>
  )
}
