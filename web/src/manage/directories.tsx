import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Directories, Directory, DirectoryStatus } from '../api/types'
import { t } from '../text/en'
import { Badge } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Empty } from '../ui/empty/empty'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { DirectoryForm } from './directoriesform'
import { directories, useDirectories } from './directoriesqueries'
import { DirectorySyncs, RunBadge, SyncButtons } from './directoriesrun'
import { fresh, tidy } from './directorieswords'
import './manage.css'
import './entries.css'
import './directories.css'

const words = t.directories

/** Where people and groups are taken from. */
export function DirectoriesPage() {
  useTitle(words.title)
  const [params] = useSearchParams()
  const set = useQuery(directories)
  if (set.error) return <Failure error={set.error} retry={() => void set.refetch()} />
  if (!set.data) return <Skeleton rows={3} tall />
  const { body, etag } = set.data
  const find = (param: string) => body.directories.find((one) => one.name === params.get(param))
  const [editing, shown] = [find('entry'), find('show')]
  if (editing) return <DirectoryForm key={editing.name} entry={editing} all={body.directories} etag={etag} />
  if (params.has('add')) return <DirectoryForm entry={fresh} all={body.directories} etag={etag} />
  if (shown) return <DirectorySyncs entry={shown} />
  return <Entries set={body} etag={etag} />
}

function Entries({ set, etag }: { set: Directories; etag: string | undefined }) {
  const add = (
    <LinkButton look="primary" icon="plus" to="/manage/directories?add">
      {words.add}
    </LinkButton>
  )
  if (set.directories.length === 0)
    return (
      <Empty icon="people" action={add}>
        {words.empty}
      </Empty>
    )
  return (
    <Section title={words.title} plain actions={add}>
      <p className="quiet">{words.lead}</p>
      <ul className="entries">
        {set.directories.map((entry, place) => (
          <Entry key={entry.name} entry={entry} status={set.status[place]} set={set} etag={etag} />
        ))}
      </ul>
    </Section>
  )
}

interface EntryProps {
  entry: Directory
  status: DirectoryStatus | undefined
  set: Directories
  etag: string | undefined
}

function Entry({ entry, status, set, etag }: EntryProps) {
  const { facts } = words
  const ldap = entry.ldap
  return (
    <li className="entry">
      <div className="entry-head">
        <h3 className="entry-name">{entry.name}</h3>
        <Badge>{words.kinds[entry.type] ?? entry.type}</Badge>
        {!entry.on && <Badge tone="warn">{words.off}</Badge>}
      </div>
      <dl className="entry-facts">
        {ldap && <Fact name={facts.servers}>{ldap.servers.length > 0 ? ldap.servers.join(', ') : words.dns(ldap.domain ?? '')}</Fact>}
        {status && <Fact name={facts.there}>{words.taken(status.people, status.groups)}</Fact>}
        {entry.graph && <Fact name={facts.tenant}>{entry.graph.tenant}</Fact>}
        {!entry.scim && (
          <Fact name={facts.schedule}>
            {words.every(entry.everyMinutes)}
            {status && !status.agreed && entry.everyMinutes > 0 && `; ${words.notAgreed}`}
          </Fact>
        )}
        {ldap && <Fact name={facts.signIn}>{words.signIn(ldap.signIn)}</Fact>}
        {status && status.problems.length > 0 && <Fact name={facts.problems}>{words.problems(status.problems.length)}</Fact>}
        {!entry.scim && !status?.agreed && (!status?.last || status.last.preview) && <Fact name={facts.last}>{words.never}</Fact>}
        {!entry.scim && status?.last && (
          <Fact name={status.last.preview ? facts.preview : facts.last}>
            <span className="row">
              <When at={status.last.began} />
              <RunBadge run={status.last} />
            </span>
          </Fact>
        )}
      </dl>
      <div className="row">
        {!entry.scim && <SyncButtons entry={entry} status={status} />}
        <LinkButton to={`/manage/directories?show=${encodeURIComponent(entry.name)}`}>{entry.scim ? words.scim.open : words.open}</LinkButton>
        <LinkButton to={`/manage/directories?entry=${encodeURIComponent(entry.name)}`}>{words.change}</LinkButton>
        <Remove entry={entry} set={set} etag={etag} />
      </div>
    </li>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Remove({ entry, set, etag }: { entry: Directory; set: Directories; etag: string | undefined }) {
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const save = useDirectories(() => {
    setAsking(false)
    say(words.removed(entry.name))
  })
  const rest = set.directories.filter((one) => one.name !== entry.name).map(tidy)
  return (
    <>
      <Button look="subtle" onPress={() => setAsking(true)}>
        {words.remove}
      </Button>
      <Dialog
        title={words.removeTitle(entry.name)}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        actions={
          <Button look="danger" busy={save.isPending} onPress={() => save.mutate({ all: rest, etag })}>
            {words.remove}
          </Button>
        }
      >
        <p>{words.removeLead}</p>
        {save.error && <Failure error={save.error} />}
      </Dialog>
    </>
  )
}
