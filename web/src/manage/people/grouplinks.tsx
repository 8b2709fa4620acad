import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from 'react-aria-components'
import { answer, api } from '../../api/client'
import { problemOf, sortFields } from '../../api/problem'
import type { Group, GroupLink } from '../../api/types'
import { peopleWords } from '../../text/people'
import { Button } from '../../ui/button/button'
import { TextField } from '../../ui/field/field'
import { Section } from '../../ui/page/page'
import { Failure } from '../../ui/problem/problem'
import { Skeleton } from '../../ui/skeleton/skeleton'
import { useSay } from '../../ui/toast/toast'
import { groupLinks, usePeopleAct } from './queries'
import { SystemField } from './systemfield'

/** What a group or role stands for in other systems. */
export function GroupLinks({ group }: { group: Group }) {
  const links = useQuery(groupLinks(group.id))
  return (
    <Section title={peopleWords.group.links}>
      <p className="quiet">{peopleWords.group.linksLead}</p>
      {links.error && <Failure error={links.error} retry={() => void links.refetch()} />}
      {links.isPending && <Skeleton rows={1} />}
      {links.data?.items.length === 0 && <p className="quiet">{peopleWords.group.linksNone}</p>}
      {links.data && links.data.items.length > 0 && (
        <ul className="people-list">
          {links.data.items.map((link) => (
            <OneLink key={`${link.source} ${link.external}`} group={group} link={link} />
          ))}
        </ul>
      )}
      <AddLink group={group} />
    </Section>
  )
}

function OneLink({ group, link }: { group: Group; link: GroupLink }) {
  const say = useSay()
  const { source, external } = link
  const act = usePeopleAct(
    () => answer(api.DELETE('/api/v1/groups/{id}/links', { params: { path: { id: group.id }, query: { source, external } } })),
    () => say(peopleWords.group.unlinked),
  )
  return (
    <li>
      <span>
        {link.label || external}
        <span className="quiet small table-under">
          {external} · {source}
        </span>
      </span>
      <Button look="subtle" onPress={() => act.mutate(undefined)} busy={act.isPending}>
        {peopleWords.group.unlink}
      </Button>
      {act.error && <Failure error={act.error} />}
    </li>
  )
}

function AddLink({ group }: { group: Group }) {
  const [source, setSource] = useState('')
  const [external, setExternal] = useState('')
  const say = useSay()
  const add = usePeopleAct(
    () => answer(api.POST('/api/v1/groups/{id}/links', { params: { path: { id: group.id } }, body: { source: source.trim(), external: external.trim(), label: external.trim() } })),
    () => {
      setExternal('')
      say(peopleWords.group.linked)
    },
  )
  const refused = add.error ? problemOf(add.error) : undefined
  const { at, rest } = sortFields(refused?.fields ?? [], ['source', 'external'])
  return (
    <Form className="stack" onSubmit={(event) => (event.preventDefault(), add.mutate(undefined))} validationBehavior="aria">
      {refused && (at.size === 0 || rest.length > 0) && <Failure error={refused} />}
      <SystemField value={source} onChange={setSource} error={at.get('source')} />
      <TextField label={peopleWords.group.external} value={external} onChange={setExternal} help={peopleWords.group.externalHelp} error={at.get('external')} autoComplete="off" />
      <div>
        <Button type="submit" isDisabled={!source.trim() || !external.trim()} busy={add.isPending}>
          {peopleWords.group.link}
        </Button>
      </div>
    </Form>
  )
}
