import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { TrustedIssuer } from '../api/types'
import { problemOf, sortFields } from '../api/problem'
import { trustWords } from '../text/trust'
import { Check, Select, TextField, type Option } from '../ui/field/field'
import { Lines } from '../ui/lines/lines'
import { Section } from '../ui/page/page'
import { useSay } from '../ui/toast/toast'
import { EntryForm } from './entries'
import { errorsOf, tidy, withEntry } from './trustentry'
import { useTrust } from './trustqueries'

const words = trustWords.fields

const known = [
  'name', 'tenants', 'anyTenant', 'versions', 'url', 'metadataUrl', 'algorithms', 'audiences', 'slashVariants', 'clients', 'scopes', 'personClaim',
  'guests', 'authContext', 'apps', 'roles', 'appClients', 'groupsClaim', 'newcomers',
] as const

type Field = (typeof known)[number]

interface Props {
  entry: TrustedIssuer
  all: readonly TrustedIssuer[]
  etag: string | undefined
}

/** Everything about one entry. */
export function IssuerForm({ entry, all, etag }: Props) {
  const [draft, setDraft] = useState(entry)
  const navigate = useNavigate()
  const say = useSay()
  const save = useTrust(() => {
    say(trustWords.changed(draft.name))
    void navigate('/manage/trust')
  })
  const change = (more: Partial<TrustedIssuer>) => setDraft((now) => ({ ...now, ...more }))
  const next = withEntry(all, tidy(draft), entry.name)
  const problem = save.error ? problemOf(save.error) : undefined
  const { at, rest } = sortFields(errorsOf(problem?.fields ?? [], next.place), known)
  const parts: PartProps = { draft, change, error: (field) => at.get(field) }
  return (
    <EntryForm back="/manage/trust" backTo={trustWords.back} save={() => save.mutate({ issuers: next.issuers, etag })} saving={save.isPending} button={trustWords.save} problem={problem} rest={rest}>
      <ApiPart {...parts} />
      <PeoplePart {...parts} />
      <AppsPart {...parts} />
      <RestPart {...parts} />
    </EntryForm>
  )
}

interface PartProps {
  draft: TrustedIssuer
  change: (more: Partial<TrustedIssuer>) => void
  error: (field: Field) => string | undefined
}

function ApiPart({ draft, change, error }: PartProps) {
  const entra = draft.profile === 'entra'
  return (
    <Section title={trustWords.editTitle(draft.name)}>
      <TextField label={words.name} help={words.nameHelp} value={draft.name} onChange={(name) => change({ name })} error={error('name')} required />
      {entra && <Lines label={words.tenants} help={words.tenantsHelp} values={draft.tenants} onChange={(tenants) => change({ tenants })} error={error('tenants')} />}
      {entra && <Check label={words.anyTenant} value={draft.anyTenant ?? false} onChange={(anyTenant) => change({ anyTenant })} error={error('anyTenant')} />}
      {!entra && <TextField label={words.url} help={words.urlHelp} value={draft.url ?? ''} onChange={(url) => change({ url })} error={error('url')} required />}
      <Lines label={words.audiences} help={words.audiencesHelp} values={draft.audiences} onChange={(audiences) => change({ audiences })} error={error('audiences')} />
      <Check label={words.slashVariants} value={draft.slashVariants ?? false} onChange={(slashVariants) => change({ slashVariants })} error={error('slashVariants')} />
      {entra && <Versions draft={draft} change={change} error={error} />}
    </Section>
  )
}

function Versions({ draft, change, error }: PartProps) {
  const versions = draft.versions ?? []
  const put = (version: string, on: boolean) => change({ versions: on ? [...versions, version].sort() : versions.filter((one) => one !== version) })
  return (
    <fieldset className="choices">
      <legend className="field-label">{words.versions}</legend>
      <Check label={words.v1} value={versions.includes('1.0')} onChange={(on) => put('1.0', on)} />
      <Check label={words.v2} value={versions.includes('2.0')} onChange={(on) => put('2.0', on)} error={error('versions')} />
    </fieldset>
  )
}

const optionsOf = (choices: Record<string, string>): Option[] => Object.entries(choices).map(([id, label]) => ({ id: id || 'none', label }))

function PeoplePart({ draft, change, error }: PartProps) {
  return (
    <Section title={trustWords.parts.people}>
      <Check label={words.people} value={!draft.noPeople} onChange={(on) => change({ noPeople: !on })} />
      <Lines label={words.scopes} help={words.scopesHelp} values={draft.scopes} onChange={(scopes) => change({ scopes })} error={error('scopes')} />
      <Select
        label={trustWords.newcomers}
        value={draft.newcomers}
        onChange={(newcomers) => change({ newcomers: newcomers as TrustedIssuer['newcomers'] })}
        options={optionsOf(trustWords.newcomersOf)}
        error={error('newcomers')}
      />
      <Check label={words.link} value={draft.linkByAddress ?? false} onChange={(linkByAddress) => change({ linkByAddress })} />
      {draft.profile === 'entra' && (
        <Select
          label={words.guests}
          value={draft.guests || 'none'}
          onChange={(guests) => change({ guests: (guests === 'none' ? undefined : guests) as NonNullable<TrustedIssuer['guests']> })}
          options={optionsOf(words.guestsOf)}
          error={error('guests')}
        />
      )}
      <Lines label={words.clients} help={words.clientsHelp} values={draft.clients} onChange={(clients) => change({ clients })} error={error('clients')} />
    </Section>
  )
}

function AppsPart({ draft, change, error }: PartProps) {
  return (
    <Section title={trustWords.parts.apps}>
      <Select
        label={words.apps}
        value={draft.apps || 'none'}
        onChange={(apps) => change({ apps: (apps === 'none' ? undefined : apps) as NonNullable<TrustedIssuer['apps']> })}
        options={optionsOf(words.appsOf)}
        error={error('apps')}
      />
      {draft.apps === 'role' && <Lines label={words.roles} help={words.rolesHelp} values={draft.roles} onChange={(roles) => change({ roles })} error={error('roles')} />}
      {draft.apps === 'list' && (
        <Lines label={words.appClients} help={words.appClientsHelp} values={draft.appClients} onChange={(appClients) => change({ appClients })} error={error('appClients')} />
      )}
      {draft.profile === 'entra' && draft.apps && (
        <Check label={words.strongApps} value={draft.strongApps ?? false} onChange={(strongApps) => change({ strongApps })} />
      )}
    </Section>
  )
}

function RestPart({ draft, change, error }: PartProps) {
  const entra = draft.profile === 'entra'
  return (
    <details className="other">
      <summary>{trustWords.parts.more}</summary>
      <div className="stack">
        {!entra && <TextField label={words.metadataUrl} help={words.metadataHelp} value={draft.metadataUrl ?? ''} onChange={(metadataUrl) => change({ metadataUrl })} error={error('metadataUrl')} />}
        {!entra && <Lines label={words.algorithms} help={words.algorithmsHelp} values={draft.algorithms} onChange={(algorithms) => change({ algorithms })} error={error('algorithms')} />}
        <TextField label={words.personClaim} help={words.personHelp} value={draft.personClaim ?? ''} onChange={(personClaim) => change({ personClaim })} error={error('personClaim')} />
        <TextField label={words.groupsClaim} help={words.groupsHelp} value={draft.groupsClaim ?? ''} onChange={(groupsClaim) => change({ groupsClaim })} error={error('groupsClaim')} />
        {entra && <TextField label={words.authContext} help={words.authContextHelp} value={draft.authContext ?? ''} onChange={(authContext) => change({ authContext })} error={error('authContext')} />}
      </div>
    </details>
  )
}
