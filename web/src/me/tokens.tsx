import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { MadeToken, Token } from '../api/types'
import { problemOf, sortFields } from '../api/problem'
import { t } from '../text/en'
import { apisWords, tokensWords } from '../text/apis'
import { Button } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { Empty } from '../ui/empty/empty'
import { Check, Select, TextField } from '../ui/field/field'
import { Message } from '../ui/message/message'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { useSay } from '../ui/toast/toast'
import { dayChoices } from './tokendays'
import { ownTokens, useEndOwnToken, useMakeToken } from './tokensqueries'
import { TokenTable } from './tokentable'
import './tokens.css'

const words = tokensWords

/** One's personal access tokens: the list, making one, ending one. */
export function Tokens() {
  const list = useQuery(ownTokens)
  const [making, setMaking] = useState(false)
  const [asked, setAsked] = useState<Token>()
  const say = useSay()
  const end = useEndOwnToken(() => {
    say(words.ended(asked?.name ?? ''))
    setAsked(undefined)
  })
  const make = (
    <Button look={list.data?.items.length ? 'plain' : 'primary'} icon="plus" onPress={() => setMaking(true)} isDisabled={!list.data}>
      {words.make}
    </Button>
  )
  return (
    <Section title={words.title} plain actions={list.data && list.data.items.length > 0 && make}>
      <p className="quiet">{words.lead}</p>
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={2} />}
      {list.data?.items.length === 0 && (
        <Empty icon="keys" action={make}>
          {words.none}
        </Empty>
      )}
      {list.data && list.data.items.length > 0 && <TokenTable items={list.data.items} onEnd={setAsked} />}
      {making && list.data && <NewTokenDialog rules={list.data.rules} onClose={() => setMaking(false)} />}
      <Dialog
        title={words.endTitle(asked?.name ?? '')}
        open={asked !== undefined}
        onClose={() => setAsked(undefined)}
        alert
        actions={
          <Button look="danger" onPress={() => asked && end.mutate(asked.id)} busy={end.isPending}>
            {words.end}
          </Button>
        }
      >
        <p>{words.endLead}</p>
        {end.error && <Failure error={end.error} />}
      </Dialog>
    </Section>
  )
}

interface NewProps {
  rules: { defaultDays: number; maxDays: number }
  onClose: () => void
}

function NewTokenDialog({ rules, onClose }: NewProps) {
  const [name, setName] = useState('')
  const [days, setDays] = useState(rules.defaultDays)
  const [api, setApi] = useState<'every' | 'workflow' | 'rest'>('every')
  const [readOnly, setReadOnly] = useState(false)
  const make = useMakeToken()
  if (make.data) return <MadeDialog made={make.data} onClose={onClose} />
  const problem = make.error ? problemOf(make.error) : undefined
  const { at, rest } = sortFields(problem?.fields ?? [], ['name', 'days'])
  const submit = () => make.mutate({ name, days, readOnly, ...(api === 'every' ? {} : { api }) })
  return (
    <Dialog
      title={words.makeTitle}
      open
      onClose={onClose}
      actions={
        <Button look="primary" onPress={submit} busy={make.isPending}>
          {words.create}
        </Button>
      }
    >
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!make.isPending) submit()
        }}
      >
        <TextField label={words.name} help={words.nameHelp} value={name} onChange={setName} error={at.get('name')} required autoFocus />
        <Select label={words.days} value={String(days)} onChange={(next) => setDays(Number(next))} error={at.get('days')} options={dayChoices(rules).map((n) => ({ id: String(n), label: words.daysOf(n) }))} />
        <Select
          label={words.api}
          value={api}
          onChange={(next) => setApi(next === 'workflow' || next === 'rest' ? next : 'every')}
          options={[{ id: 'every', label: words.every }, ...(['workflow', 'rest'] as const).map((id) => ({ id, label: words.only[id] ?? id }))]}
        />
        <Check label={words.readOnly} value={readOnly} onChange={setReadOnly} />
        {problem && (rest.length > 0 || problem.fields.length === 0) && <Failure error={problem} />}
      </form>
    </Dialog>
  )
}

/** The one time a token is seen. */
function MadeDialog({ made, onClose }: { made: MadeToken; onClose: () => void }) {
  const [copied, setCopied] = useState(false)
  return (
    <Dialog title={words.madeTitle} open onClose={onClose} alert>
      <Message tone="warn" live>
        {words.madeLead}
      </Message>
      <div className="token-made">
        <code className="token-text">{made.token}</code>
        {window.isSecureContext && (
          <Button look="primary" onPress={() => void navigator.clipboard.writeText(made.token).then(() => setCopied(true))}>
            {copied ? t.common.copied : apisWords.copy}
          </Button>
        )}
      </div>
      <p className="quiet">
        {words.use} <code>Authorization: Bearer sgn_…</code>
      </p>
    </Dialog>
  )
}
