import { useState } from 'react'
import { useNavigate } from 'react-router'
import { problemOf, sortFields } from '../api/problem'
import type { OAuthType } from '../api/types'
import { connectionsWords } from '../text/connections'
import { Button } from '../ui/button/button'
import { Check, TextField } from '../ui/field/field'
import { Section, useTitle } from '../ui/page/page'
import { useSay } from '../ui/toast/toast'
import { EntryForm } from './entries'
import { fieldsOf, newParameter, requests, typeDraftOf, typeOf, type ParameterDraft, type TypeDraft } from './oauthtypewords'
import { useSaveType } from './oauthqueries'

const words = connectionsWords
const { types: own } = words

/** A kind of provider of one's own, new or changed. */
export function TypeForm({ was }: { was?: OAuthType }) {
  const title = was ? words.form.changeTitle(was.title) : own.add
  useTitle(title)
  const navigate = useNavigate()
  const say = useSay()
  const [draft, setDraft] = useState<TypeDraft>(() => typeDraftOf(was))
  const change = (more: Partial<TypeDraft>) => setDraft({ ...draft, ...more })
  const save = useSaveType(() => {
    say(words.saved(draft.title))
    void navigate('/manage/oauth/types/all')
  })
  const problem = save.error ? problemOf(save.error) : undefined
  const { at, rest } = sortFields(problem?.fields ?? [], fieldsOf(draft))
  const error = (field: string) => at.get(field)
  return (
    <EntryForm back="/manage/oauth/types/all" backTo={own.back} save={() => save.mutate(typeOf(draft))} saving={save.isPending} button={was ? words.form.save : words.form.create} problem={problem} rest={rest}>
      <Section title={title}>
        <TextField label={words.form.title} value={draft.title} onChange={(next) => change({ title: next })} error={error('title')} required autoComplete="off" />
        {!was && <TextField label={words.form.name} help={words.form.nameHelp} value={draft.name} onChange={(name) => change({ name })} error={error('name')} required autoComplete="off" />}
        <TextField label={own.text} value={draft.text} onChange={(text) => change({ text })} error={error('text')} autoComplete="off" />
        <Check label={own.people} value={draft.people} onChange={(people) => change({ people })} error={error('people')} />
        <Check label={own.app} value={draft.app} onChange={(app) => change({ app })} />
      </Section>
      <Section title={words.form.provider}>
        <TextField label={own.metadata} help={own.metadataHelp} value={draft.metadata} onChange={(metadata) => change({ metadata })} error={error('metadata')} autoComplete="off" />
        <TextField label={words.form.issuer} help={own.issuerHelp} value={draft.issuer} onChange={(issuer) => change({ issuer })} error={error('issuer')} autoComplete="off" />
        <TextField label={own.audienceScope} help={own.audienceScopeHelp} value={draft.audienceScope} onChange={(audienceScope) => change({ audienceScope })} error={error('audienceScope')} autoComplete="off" />
        <TextField label={own.days} help={own.daysHelp} inputMode="numeric" value={draft.refreshDays} onChange={(refreshDays) => change({ refreshDays })} error={error('refreshDays')} autoComplete="off" />
        <Check label={own.claims} value={draft.claims} onChange={(claims) => change({ claims })} />
      </Section>
      <Parameters list={draft.parameters} change={(parameters) => change({ parameters })} error={error} />
    </EntryForm>
  )
}

interface ParametersProps {
  list: readonly ParameterDraft[]
  change: (list: ParameterDraft[]) => void
  error: (field: string) => string | undefined
}

function Parameters({ list, change, error }: ParametersProps) {
  return (
    <Section title={own.parameters}>
      <p className="quiet">{own.parametersLead}</p>
      {list.map((one, i) => (
        <Parameter
          key={one.id}
          of={one}
          place={i + 1}
          change={(more) => change(list.map((other) => (other.id === one.id ? { ...one, ...more } : other)))}
          remove={() => change(list.filter((other) => other.id !== one.id))}
          error={(field) => error(`parameters[${i}].${field}`)}
        />
      ))}
      <div>
        <Button icon="plus" onPress={() => change([...list, newParameter(Math.max(-1, ...list.map((one) => one.id)) + 1)])}>
          {own.addParameter}
        </Button>
      </div>
    </Section>
  )
}

interface ParameterProps {
  of: ParameterDraft
  place: number
  change: (more: Partial<ParameterDraft>) => void
  remove: () => void
  error: (field: string) => string | undefined
}

/** A parameter: its name, and what it says in each request that it is in. */
function Parameter({ of, place, change, remove, error }: ParameterProps) {
  const called = of.name || own.unnamed(place)
  return (
    <fieldset className="entry oauth-parameter">
      <legend className="entry-name">{called}</legend>
      <TextField label={own.parameterName} value={of.name} onChange={(name) => change({ name })} error={error('name')} required autoComplete="off" />
      <TextField label={own.parameterText} value={of.text} onChange={(text) => change({ text })} error={error('text')} autoComplete="off" />
      <Check label={own.secret} value={of.secret} onChange={(secret) => change({ secret })} />
      {requests.map((request) => {
        const text = of.in[request]
        const put = (next: string | undefined) => change({ in: { ...of.in, [request]: next } })
        return (
          <div key={request} className="stack">
            <Check label={own.requests[request]} value={text !== undefined} onChange={(is) => put(is ? '' : undefined)} error={text === undefined ? error(request) : undefined} />
            {text !== undefined && <TextField label={own.says(own.requests[request])} value={text} onChange={put} error={error(request)} autoComplete="off" />}
          </div>
        )
      })}
      <div>
        <Button look="subtle" icon="bin" onPress={remove} aria-label={own.removeParameter(called)}>
          {words.remove}
        </Button>
      </div>
    </fieldset>
  )
}
