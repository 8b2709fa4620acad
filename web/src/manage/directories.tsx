import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import type { Directories, Directory, DirectoryStatus } from '../api/types'
import { directoryWords } from '../text/directories'
import { Badge } from '../ui/badge/badge'
import { LinkButton } from '../ui/button/button'
import { useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { DirectoryForm } from './directoriesform'
import { directories, useDirectories } from './directoriesqueries'
import { DirectorySyncs, RunBadge, SyncButtons } from './directoriesrun'
import { fresh, tidy } from './directorieswords'
import { Entries, Entry, Fact, Facts, Remove } from './entries'
import './directories.css'

const words = directoryWords

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
  return <List set={body} etag={etag} />
}

function List({ set, etag }: { set: Directories; etag: string | undefined }) {
  const add = (
    <LinkButton look="primary" icon="plus" to="/manage/directories?add">
      {words.add}
    </LinkButton>
  )
  return (
    <Entries title={words.title} lead={words.lead} empty={words.empty} icon="people" add={add}>
      {set.directories.map((entry, place) => (
        <One key={entry.name} entry={entry} status={set.status[place]} set={set} etag={etag} />
      ))}
    </Entries>
  )
}

interface OneProps {
  entry: Directory
  status: DirectoryStatus | undefined
  set: Directories
  etag: string | undefined
}

function One({ entry, status, set, etag }: OneProps) {
  const { facts } = words
  const ldap = entry.ldap
  return (
    <Entry
      name={entry.name}
      badges={
        <>
          <Badge>{words.kinds[entry.type] ?? entry.type}</Badge>
          {!entry.on && <Badge tone="warn">{words.off}</Badge>}
        </>
      }
    >
      <Facts>
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
      </Facts>
      <div className="row">
        {!entry.scim && <SyncButtons entry={entry} status={status} />}
        <LinkButton to={`/manage/directories?show=${encodeURIComponent(entry.name)}`}>{entry.scim ? words.scim.open : words.open}</LinkButton>
        <LinkButton to={`/manage/directories?entry=${encodeURIComponent(entry.name)}`}>{words.change}</LinkButton>
        <RemoveDirectory entry={entry} set={set} etag={etag} />
      </div>
    </Entry>
  )
}

function RemoveDirectory({ entry, set, etag }: { entry: Directory; set: Directories; etag: string | undefined }) {
  const say = useSay()
  const save = useDirectories(() => say(words.removed(entry.name)))
  const rest = set.directories.filter((one) => one.name !== entry.name).map(tidy)
  return <Remove title={words.removeTitle(entry.name)} lead={words.removeLead} label={words.remove} busy={save.isPending} error={save.error} remove={() => save.mutate({ all: rest, etag })} reset={save.reset} />
}
