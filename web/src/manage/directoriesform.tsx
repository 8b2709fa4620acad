import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { Directory } from '../api/types'
import { problemOf, sortFields } from '../api/problem'
import { directoryWords } from '../text/directories'
import { Button } from '../ui/button/button'
import { Check, Select, TextArea, TextField } from '../ui/field/field'
import { Lines } from '../ui/lines/lines'
import { Section, useTitle } from '../ui/page/page'
import { useSay } from '../ui/toast/toast'
import { useDirectories, useTestDirectory } from './directoriesqueries'
import { Tested } from './directoriestest'
import { EntraPart, ScimPart } from './directoriesother'
import { EntryForm } from './entries'
import { errorsAt, freshOf, keepsPassword, shownFields, tidy, withDirectory, type Ldap } from './directorieswords'

const words = directoryWords
const { fields } = words

interface Props {
  entry: Directory
  all: readonly Directory[]
  etag: string | undefined
}

/** Everything about one directory, and a test of it before it is saved. */
export function DirectoryForm({ entry, all, etag }: Props) {
  const [draft, setDraft] = useState(entry)
  const title = entry.name ? words.editTitle(entry.name) : words.addTitle
  useTitle(title)
  const navigate = useNavigate()
  const say = useSay()
  const test = useTestDirectory()
  const save = useDirectories(() => {
    say(words.saved(draft.name))
    void navigate(`/manage/directories?show=${encodeURIComponent(draft.name.trim())}`)
  })
  const next = withDirectory(all, tidy(draft), entry.name)
  const failed = save.error ?? test.error
  const problem = failed ? problemOf(failed) : undefined
  const { at, rest } = sortFields(errorsAt(problem?.fields ?? [], save.error ? next.place : 0), shownFields(draft, !entry.name))
  const change = (more: Partial<Directory>) => setDraft((now) => ({ ...now, ...more }))
  const set = (more: Partial<Ldap>) => setDraft((now) => ({ ...now, ldap: { ...(now.ldap as Ldap), ...more } }))
  const parts: PartProps = { was: entry, draft, ldap: draft.ldap as Ldap, change, set, error: (field) => at.get(field) }
  return (
    <EntryForm
      back="/manage/directories"
      backTo={words.back}
      save={() => {
        test.reset()
        save.mutate({ all: next.all, etag })
      }}
      saving={save.isPending}
      button={words.save}
      problem={problem}
      rest={rest}
      more={
        !draft.scim && (
          <Button
            busy={test.isPending}
            onPress={() => {
              save.reset()
              test.mutate(tidy(draft))
            }}
          >
            {words.test}
          </Button>
        )
      }
      below={
        <>
          <div role="status">{test.isPending && <p className="quiet">{words.testing}</p>}</div>
          {test.data && !test.isPending && <Tested result={test.data} />}
        </>
      }
    >
      <NamePart {...parts} title={title} onType={(type) => setDraft((now) => ({ ...freshOf(type), name: now.name, on: now.on }))} />
      {draft.ldap && (
        <>
          <ServerPart {...parts} />
          <AccountPart {...parts} />
          <WhatPart {...parts} />
        </>
      )}
      {draft.graph && <EntraPart {...parts} />}
      {draft.scim && <ScimPart {...parts} />}
      <HowPart {...parts} />
    </EntryForm>
  )
}

interface PartProps {
  was: Directory
  draft: Directory
  ldap: Ldap
  change: (more: Partial<Directory>) => void
  set: (more: Partial<Ldap>) => void
  error: (field: string) => string | undefined
}

function NamePart({ was, draft, change, error, title, onType }: PartProps & { title: string; onType: (type: string) => void }) {
  const types = Object.entries(words.types).map(([id, label]) => ({ id, label }))
  return (
    <Section title={title}>
      {!was.name && (
        <>
          <Select label={fields.type} value={draft.type} onChange={onType} options={types} error={error('type')} />
          <TextField label={fields.name} help={fields.nameHelp} value={draft.name} onChange={(name) => change({ name })} error={error('name')} required />
        </>
      )}
      <Check label={draft.scim ? words.scim.on : fields.on} value={draft.on} onChange={(on) => change({ on })} />
    </Section>
  )
}

function ServerPart({ ldap, set, error }: PartProps) {
  const securities = Object.entries(fields.securities).map(([id, label]) => ({ id, label }))
  return (
    <Section title={words.parts.server}>
      <TextField label={fields.domain} help={fields.domainHelp} value={ldap.domain ?? ''} onChange={(domain) => set({ domain })} error={error('domain')} />
      <Lines label={fields.servers} help={fields.serversHelp} values={ldap.servers} onChange={(servers) => set({ servers })} error={error('servers')} />
      <Select label={fields.security} value={ldap.security} onChange={(security) => set({ security: security as Ldap['security'] })} options={securities} error={error('security')} />
      <TextArea label={fields.ca} help={fields.caHelp} value={ldap.ca ?? ''} onChange={(ca) => set({ ca })} error={error('ca')} rows={3} mono />
    </Section>
  )
}

function AccountPart({ was, draft, ldap, set, error }: PartProps) {
  const kept = keepsPassword(was, draft)
  const lost = was.ldap?.hasPassword === true && !kept
  return (
    <Section title={words.parts.account}>
      <TextField label={fields.bind} help={fields.bindHelp} value={ldap.bind ?? ''} onChange={(bind) => set({ bind })} error={error('bind')} />
      <TextField
        label={fields.password}
        help={lost ? fields.passwordAgain : kept ? fields.passwordKept : fields.passwordHelp}
        value={ldap.password ?? ''}
        onChange={(password) => set({ password })}
        error={error('password')}
        type="password"
      />
      <Check label={fields.signIn} value={ldap.signIn} onChange={(signIn) => set({ signIn })} />
      {ldap.signIn && <Lines label={fields.domains} help={fields.domainsHelp} values={ldap.domains} onChange={(domains) => set({ domains })} error={error('domains')} />}
    </Section>
  )
}

function WhatPart({ ldap, set, error }: PartProps) {
  const groups = !ldap.noGroups
  return (
    <Section title={words.parts.what}>
      <TextField label={fields.base} help={fields.baseHelp} value={ldap.base ?? ''} onChange={(base) => set({ base })} error={error('base')} />
      <TextField label={fields.peopleFilter} help={fields.peopleFilterHelp} value={ldap.peopleFilter ?? ''} onChange={(peopleFilter) => set({ peopleFilter })} error={error('peopleFilter')} />
      <Check label={fields.groups} value={groups} onChange={(on) => set({ noGroups: !on })} />
      {groups && <TextField label={fields.groupsFilter} value={ldap.groupsFilter ?? ''} onChange={(groupsFilter) => set({ groupsFilter })} error={error('groupsFilter')} />}
      <TextField label={fields.peopleBase} value={ldap.peopleBase ?? ''} onChange={(peopleBase) => set({ peopleBase })} error={error('peopleBase')} />
      {groups && <TextField label={fields.groupsBase} value={ldap.groupsBase ?? ''} onChange={(groupsBase) => set({ groupsBase })} error={error('groupsBase')} />}
    </Section>
  )
}

const whole = (text: string) => Number.parseInt(text.replace(/\D/g, ''), 10) || 0

function HowPart({ draft, change, error }: PartProps) {
  return (
    <Section title={words.parts.how}>
      <Check label={fields.byAddress} value={draft.byAddress} onChange={(byAddress) => change({ byAddress })} />
      {!draft.scim && (
        <>
          <TextField label={fields.mostPercent} help={fields.mostPercentHelp} value={String(draft.mostPercent)} onChange={(text) => change({ mostPercent: whole(text) })} error={error('mostPercent')} inputMode="numeric" />
          <TextField label={fields.every} help={fields.everyHelp} value={String(draft.everyMinutes)} onChange={(text) => change({ everyMinutes: whole(text) })} error={error('every')} inputMode="numeric" />
        </>
      )}
    </Section>
  )
}
