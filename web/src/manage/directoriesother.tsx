import type { Directory } from '../api/types'
import { directoryWords } from '../text/directories'
import { Check, TextArea, TextField } from '../ui/field/field'
import { Lines } from '../ui/lines/lines'
import { Section } from '../ui/page/page'
import { keepsSecret, type Graph, type Scim } from './directorieswords'

const { entra, scim } = directoryWords

interface Props {
  was: Directory
  draft: Directory
  change: (more: Partial<Directory>) => void
  error: (field: 'tenant' | 'clientId' | 'secret' | 'authority' | 'graph' | 'chosen' | 'application') => string | undefined
}

/** An Entra ID tenant, the application that reads it, and what to take. */
export function EntraPart({ was, draft, change, error }: Props) {
  const graph = draft.graph as Graph
  const set = (more: Partial<Graph>) => change({ graph: { ...graph, ...more } })
  const kept = keepsSecret(was, draft)
  const lost = was.graph?.hasSecret === true && !kept
  return (
    <>
      <Section title={entra.account}>
        <p className="quiet">{entra.lead}</p>
        <TextField label={entra.tenant} help={entra.tenantHelp} value={graph.tenant} onChange={(tenant) => set({ tenant: tenant.trim() })} error={error('tenant')} required />
        <TextField label={entra.clientId} help={entra.clientIdHelp} value={graph.clientId} onChange={(clientId) => set({ clientId: clientId.trim() })} error={error('clientId')} required />
        <TextArea
          label={entra.secret}
          help={lost ? entra.secretAgain : kept ? entra.secretKept : entra.secretHelp}
          value={graph.secret ?? ''}
          onChange={(secret) => set({ secret })}
          error={error('secret')}
          rows={2}
          mono
        />
        <TextField label={entra.authority} help={entra.authorityHelp} value={graph.authority ?? ''} onChange={(authority) => set({ authority: authority.trim() })} error={error('authority')} />
        <TextField label={entra.graph} value={graph.graph ?? ''} onChange={(at) => set({ graph: at.trim() })} error={error('graph')} />
      </Section>
      <Section title={directoryWords.parts.what}>
        <Check label={entra.guests} value={graph.guests === true} onChange={(guests) => set({ guests })} />
        <Check label={directoryWords.fields.groups} value={!graph.noGroups} onChange={(on) => set({ noGroups: !on })} />
        {!graph.noGroups && <Lines label={entra.chosen} help={entra.chosenHelp} values={graph.groups} onChange={(groups) => set({ groups })} error={error('chosen')} />}
      </Section>
    </>
  )
}

/** A client that writes here: who its people are elsewhere. */
export function ScimPart({ draft, change, error }: Props) {
  const set = (more: Partial<Scim>) => change({ scim: { ...(draft.scim as Scim), ...more } })
  return (
    <Section title={scim.title}>
      <p className="quiet">{scim.lead}</p>
      <TextField label={scim.tenant} help={scim.tenantHelp} value={draft.scim?.tenant ?? ''} onChange={(tenant) => set({ tenant: tenant.trim() })} error={error('tenant')} />
      <TextField label={scim.application} help={scim.applicationHelp} value={draft.scim?.application ?? ''} onChange={(application) => set({ application: application.trim() })} error={error('application')} />
    </Section>
  )
}
