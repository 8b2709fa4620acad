import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Directory, DirectoryDetail, DirectoryRun, DirectoryStatus } from '../api/types'
import { sentence } from '../api/problem'
import { directoryWords } from '../text/directories'
import { Badge, type Tone } from '../ui/badge/badge'
import { Button, LinkButton } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Message } from '../ui/message/message'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { directory, useSync } from './directoriesqueries'
import { ScimTokens } from './directoriestokens'

const words = directoryWords
const tones: Record<DirectoryRun['state'], Tone> = { running: 'info', done: 'good', stopped: 'warn', failed: 'bad', broken: 'warn' }

/** How a sync ended, in a word. */
export function RunBadge({ run }: { run: DirectoryRun }) {
  if (run.preview) return <Badge tone={run.state === 'done' ? 'neutral' : tones[run.state]}>{words.previews[run.state]}</Badge>
  return <Badge tone={tones[run.state]}>{words.states[run.state]}</Badge>
}

/** Begins a preview or a sync; before the first sync the preview comes first. */
export function SyncButtons({ entry, status, shown = false }: { entry: Directory; status: DirectoryStatus | undefined; /** Its progress is on the page anyway. */ shown?: boolean }) {
  const say = useSay()
  const sync = useSync(entry.name, (ask) => {
    if (!shown) say(ask.preview ? words.previewBegun : words.begun)
  })
  const running = status?.last?.state === 'running'
  const previewed = status?.agreed === true || status?.last?.state === 'done'
  return (
    <>
      {entry.on && previewed && (
        <Button look="primary" busy={sync.isPending || running} onPress={() => sync.mutate({})}>
          {words.sync}
        </Button>
      )}
      <Button look={previewed ? 'plain' : 'primary'} busy={sync.isPending || running} onPress={() => sync.mutate({ preview: true })}>
        {words.preview}
      </Button>
      {sync.error && <Failure error={sync.error} />}
    </>
  )
}

/** One directory: what its syncs did, and what is wrong. */
export function DirectorySyncs({ entry }: { entry: Directory }) {
  useTitle(words.editTitle(entry.name))
  const one = useQuery(directory(entry.name))
  return (
    <>
      <div>
        <LinkButton look="subtle" icon="back" to="/manage/directories">
          {words.back}
        </LinkButton>
      </div>
      {one.error && <Failure error={one.error} retry={() => void one.refetch()} />}
      {one.isPending && <Skeleton rows={3} />}
      {one.data && !entry.scim && <Detail entry={entry} detail={one.data} />}
      {one.data && entry.scim && <Pushed entry={entry} detail={one.data} />}
    </>
  )
}

function Pushed({ entry, detail }: { entry: Directory; detail: DirectoryDetail }) {
  return (
    <>
      <ScimTokens entry={entry} />
      {detail.problems.length > 0 && (
        <Section title={words.problems(detail.problems.length)}>
          <p className="quiet">{words.scim.problemsLead}</p>
          <ProblemList problems={detail.problems} />
        </Section>
      )}
    </>
  )
}

function Detail({ entry, detail }: { entry: Directory; detail: DirectoryDetail }) {
  return (
    <>
      <Section title={words.editTitle(entry.name)} actions={<div className="row"><SyncButtons entry={entry} status={detail} shown /></div>}>
        {!detail.agreed && <Message>{words.first}</Message>}
        {detail.last && <Run run={detail.last} name={entry.name} />}
      </Section>
      <Section title={words.runs} plain>
        {detail.runs.length > 0 ? <Runs runs={detail.runs} /> : <p className="quiet">{words.noRuns}</p>}
      </Section>
      {detail.refused.length > 0 && (
        <Section title={words.refused} plain>
          <p className="quiet">{words.refusedLead}</p>
          <Refused detail={detail} />
        </Section>
      )}
    </>
  )
}

/** The latest sync, as it runs or as it ended. */
function Run({ run, name }: { run: DirectoryRun; name: string }) {
  const words = directoryWords
  const now = run.step === 'taking' ? words.running.taking(run.taken, run.toTake) : words.running.reading(run.read)
  return (
    <div className="stack">
      <div role="status" className="stack">
        <p className="row directory-run">
          <When at={run.began} />
          <RunBadge run={run} />
        </p>
        {run.state === 'running' && (
          <>
            <p>{now}</p>
            <progress className="directory-progress" aria-label={now} {...(run.step === 'taking' && run.toTake > 0 ? { value: run.taken, max: run.toTake } : {})} />
          </>
        )}
        {run.state === 'done' && (
          <p>
            {words.there(run)} {words.outcome(run)}
          </p>
        )}
        {run.state === 'broken' && <p>{words.broken}</p>}
        {run.why && <Message tone={run.state === 'stopped' ? 'warn' : 'bad'}>{sentence(run.why, run.hint)}</Message>}
      </div>
      {run.state === 'stopped' && !run.preview && <Anyway run={run} name={name} />}
      {run.left > 0 && <p className="quiet">{words.left(run.left)}</p>}
      {run.first.length > 0 && <Foreseen run={run} />}
      {run.troubled > 0 && <Problems run={run} />}
    </div>
  )
}

function Anyway({ run, name }: { run: DirectoryRun; name: string }) {
  const [asking, setAsking] = useState(false)
  const say = useSay()
  const sync = useSync(name, () => {
    setAsking(false)
    say(words.begun)
  })
  return (
    <div>
      <Button look="danger" onPress={() => setAsking(true)}>
        {words.anyway}
      </Button>
      <Dialog
        title={words.anywayTitle(run.leaving)}
        open={asking}
        onClose={() => setAsking(false)}
        alert
        actions={
          <Button look="danger" busy={sync.isPending} onPress={() => sync.mutate({ anyway: true })}>
            {words.anyway}
          </Button>
        }
      >
        <p>{words.anywayLead}</p>
        {sync.error && <Failure error={sync.error} />}
      </Dialog>
    </div>
  )
}

function Foreseen({ run }: { run: DirectoryRun }) {
  return (
    <div className="stack">
      <h3 className="directory-small">{words.firstOnes}</h3>
      <ul className="directory-list">
        {run.first.map((one) => (
          <li key={`${one.what} ${one.login} ${one.name}`}>
            <Badge tone={one.what === 'disable' ? 'warn' : 'neutral'}>{words.what[one.what] ?? one.what}</Badge> {one.name} <span className="quiet">{one.label || one.login}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Problems({ run }: { run: DirectoryRun }) {
  const more = run.troubled - run.problems.length
  return (
    <div className="stack">
      <h3 className="directory-small">{words.problems(run.troubled)}</h3>
      <ProblemList problems={run.problems} more={more} />
    </div>
  )
}

function ProblemList({ problems, more = 0 }: { problems: DirectoryDetail['problems']; more?: number }) {
  return (
    <ul className="directory-list">
      {problems.map((one, place) => (
        <li key={place}>
          <strong>{one.name}</strong>: {sentence(one.reason)}
        </li>
      ))}
      {more > 0 && <li className="quiet">{words.moreProblems(more)}</li>}
    </ul>
  )
}

function Runs({ runs }: { runs: readonly DirectoryRun[] }) {
  const { began, by, what, state } = words.columns
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{began}</th>
          <th scope="col">{by}</th>
          <th scope="col">{state}</th>
          <th scope="col">{what}</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <th scope="row">
              <When at={run.began} />
            </th>
            <td data-label={by}>{run.by?.name ?? words.schedule}</td>
            <td data-label={state}>
              <span className="row">
                <RunBadge run={run} />
              </span>
            </td>
            <td data-label={what}>{run.why ? sentence(run.why) : words.outcome(run)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Refused({ detail }: { detail: DirectoryDetail }) {
  const { at, who, why } = words.refusedColumns
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{who}</th>
          <th scope="col">{at}</th>
          <th scope="col">{why}</th>
        </tr>
      </thead>
      <tbody>
        {detail.refused.map((one) => (
          <tr key={`${one.login} ${one.at}`}>
            <th scope="row">{one.name || one.login}</th>
            <td data-label={at}>
              <When at={one.at} />
            </td>
            <td data-label={why}>{one.why}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
