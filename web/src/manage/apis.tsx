import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Apis, OfferedApi } from '../api/types'
import { problemOf, sortFields } from '../api/problem'
import { t } from '../text/en'
import { apisWords } from '../text/apis'
import { called } from '../words/person'
import { Badge } from '../ui/badge/badge'
import { Button } from '../ui/button/button'
import { Check, TextArea, TextField } from '../ui/field/field'
import { Section, useTitle } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { When } from '../ui/when/when'
import { draftFrom, kinds, settingOf, withKind, type Draft, type DraftApi } from './apisform'
import { Callers, EverybodysTokens } from './apislists'
import { offered, useOffer } from './apisqueries'
import { TryIt } from './apistrial'
import './entries.css'
import './apis.css'

const words = apisWords

/** Which APIs are offered, to whom, and who calls them. */
export function ApisPage() {
  useTitle(words.title)
  const set = useQuery(offered)
  if (set.error) return <Failure error={set.error} retry={() => void set.refetch()} />
  if (!set.data) return <Skeleton rows={3} tall />
  const { body, etag } = set.data
  return (
    <>
      <TryIt apis={{ workflow: body.workflow.url, rest: body.rest.url }} />
      <ApisForm key={etag} set={body} etag={etag} />
      <Callers />
      <EverybodysTokens />
    </>
  )
}

const known = ['workflow.baseUrl', 'workflow.kinds', 'workflow.origins', 'rest.baseUrl', 'rest.kinds', 'rest.origins', 'odata.baseUrl', 'odata.kinds', 'odata.origins', 'tokens.defaultDays', 'tokens.maxDays'] as const

function ApisForm({ set, etag }: { set: Apis; etag: string | undefined }) {
  const [draft, setDraft] = useState<Draft>(() => draftFrom(set))
  const say = useSay()
  const save = useOffer(() => say(words.saved))
  const problem = save.error ? problemOf(save.error) : undefined
  const { at, rest } = sortFields(problem?.fields ?? [], known)
  const error = (field: (typeof known)[number]) => at.get(field)
  return (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!save.isPending) save.mutate({ set: settingOf(draft), etag })
      }}
    >
      {(['workflow', 'rest', 'odata'] as const).map((name) => (
        <ApiPart
          key={name}
          name={name}
          api={set[name]}
          draft={draft[name]}
          change={(next) => setDraft((now) => ({ ...now, [name]: next }))}
          error={(field) => error(`${name}.${field}`)}
        />
      ))}
      <Section title={words.tokens}>
        <div className="api-days">
          <TextField label={words.defaultDays} value={draft.defaultDays} inputMode="numeric" error={error('tokens.defaultDays')} onChange={(defaultDays) => setDraft((now) => ({ ...now, defaultDays }))} />
          <TextField label={words.maxDays} value={draft.maxDays} inputMode="numeric" error={error('tokens.maxDays')} onChange={(maxDays) => setDraft((now) => ({ ...now, maxDays }))} />
        </div>
      </Section>
      {problem && (rest.length > 0 || problem.fields.length === 0) && <Failure error={problem} />}
      <div className="row">
        <Button look="primary" type="submit" busy={save.isPending}>
          {words.save}
        </Button>
        <SavedBy set={set} />
      </div>
    </form>
  )
}

function SavedBy({ set }: { set: Apis }) {
  if (!set.saved) return <span className="quiet">{words.never}</span>
  return (
    <span className="quiet">
      {set.saved.by && `${words.setBy(called(set.saved.by))}, `}
      <When at={set.saved.at} />
    </span>
  )
}

interface PartProps {
  name: 'workflow' | 'rest' | 'odata'
  api: OfferedApi
  draft: DraftApi
  change: (next: DraftApi) => void
  error: (field: 'baseUrl' | 'kinds' | 'origins') => string | undefined
}

/** One API: its address, its switch, whom it takes. */
function ApiPart({ name, api, draft, change, error }: PartProps) {
  const title = words.names[name] ?? name
  return (
    <Section title={<ApiTitle title={title} on={api.on} />}>
      <p className="quiet">{words.leads[name]}</p>
      <dl className="entry-facts">
        <CopyFact name={words.address} of={title} value={api.url} />
        <CopyFact name={words.metadata} of={title} value={api.metadata} />
        <div>
          <dt>{words.documents}</dt>
          <dd className="api-documents">
            {api.documents.map((one) => (
              <a key={one.name} href={one.url} download={fileName(name, one.name)}>
                {words.documentNames[one.name] ?? one.name}
              </a>
            ))}
          </dd>
        </div>
      </dl>
      <Check label={words.on} value={draft.on} onChange={(on) => change({ ...draft, on })} />
      <fieldset className="choices">
        <legend className="field-label">{words.kinds}</legend>
        {kinds
          .filter((kind) => kind !== 'session' || name !== 'rest')
          .map((kind) => (
            <Check key={kind} label={words.kindNames[kind] ?? kind} value={draft.kinds.includes(kind)} onChange={(taken) => change(withKind(draft, kind, taken))} />
          ))}
        {name === 'rest' && <p className="quiet small">{words.pagesNeedSessions}</p>}
        {error('kinds') && <span className="field-error">{error('kinds')}</span>}
      </fieldset>
      <div className="api-fields">
        <TextArea label={words.origins} help={words.originsHelp} value={draft.origins} error={error('origins')} rows={2} mono onChange={(origins) => change({ ...draft, origins })} />
        <TextField label={words.baseUrl} help={words.baseUrlHelp} value={draft.baseUrl} error={error('baseUrl')} onChange={(baseUrl) => change({ ...draft, baseUrl })} />
      </div>
    </Section>
  )
}

function ApiTitle({ title, on }: { title: string; on: boolean }) {
  return (
    <span className="row">
      {title}
      {!on && <Badge tone="warn">{words.off}</Badge>}
    </span>
  )
}

function fileName(api: string, document: string): string {
  return document.startsWith('postman') ? `signoff-${api}.postman_collection.json` : `signoff-${document}.json`
}

function CopyFact({ name, of, value }: { name: string; of: string; value: string }) {
  const [copied, setCopied] = useState('')
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>{' '}
        {window.isSecureContext && (
          <Button look="subtle" aria-label={words.copyOf(`${of}, ${name}`)} onPress={() => void navigator.clipboard.writeText(value).then(() => setCopied(value))}>
            {copied === value ? t.common.copied : words.copy}
          </Button>
        )}
      </dd>
    </div>
  )
}
