import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import type { TrustedIssuer, TrustProposal } from '../api/types'
import { problemOf, sentence, sortFields, type ApiProblem } from '../api/problem'
import { trustWords } from '../text/trust'
import { Button, LinkButton } from '../ui/button/button'
import { Select, TextField } from '../ui/field/field'
import { valuesOf } from '../ui/lines/values'
import { Section } from '../ui/page/page'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { errorsOf, freeName, tidy, withEntry } from './trustentry'
import { OtherSide } from './trustother'
import { proposal, useTrust } from './trustqueries'

const restMs = 500

/** Lets one more issuer in: the tenant and the audience are all it takes. */
export function NewEntry({ all, etag }: { all: readonly TrustedIssuer[]; etag: string | undefined }) {
  const [from, setFrom] = useState('')
  const [audience, setAudience] = useState('')
  const [newcomers, setNewcomers] = useState('create')
  const asked = useRested(from.trim(), restMs)
  const found = useQuery(proposal(asked, []))
  const { save, busy, problem } = useSaveNew(all, etag)
  const errors = sortFields(errorsOf(problem?.fields ?? [], all.length), ['audiences', 'tenants', 'url'])
  const unfound = found.error && asked !== '' ? problemOf(found.error) : undefined
  return (
    <Section title={trustWords.addTitle}>
      {all.length === 0 ? (
        <p>{trustWords.none}</p>
      ) : (
        <div>
          <LinkButton look="subtle" icon="back" to="/manage/trust">
            {trustWords.back}
          </LinkButton>
        </div>
      )}
      <form
        className="stack entry-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) save(from.trim(), valuesOf(audience), newcomers)
        }}
      >
        <TextField
          label={trustWords.from}
          value={from}
          onChange={setFrom}
          help={trustWords.fromHelp}
          error={unfound ? sentence(unfound.detail, unfound.hint) : (errors.at.get('tenants') ?? errors.at.get('url'))}
          required
          autoComplete="off"
        />
        <div role="status">
          {found.isFetching && <p className="quiet">{trustWords.looking}</p>}
          {found.data && !found.isFetching && asked !== '' && <Found found={found.data} />}
        </div>
        <TextField label={trustWords.audience} value={audience} onChange={setAudience} help={trustWords.audienceHelp} error={errors.at.get('audiences')} required autoComplete="off" />
        <Select label={trustWords.newcomers} value={newcomers} onChange={setNewcomers} options={Object.entries(trustWords.newcomersOf).map(([id, label]) => ({ id, label }))} />
        {problem && (errors.rest.length > 0 || problem.fields.length === 0) && problem.code !== 'issuer-not-found' && <Failure error={problem} />}
        <div>
          <Button look="primary" type="submit" busy={busy} isDisabled={from.trim() === '' || audience.trim() === ''}>
            {trustWords.save}
          </Button>
        </div>
      </form>
      <OtherSide audience={audience} tenant={found.data?.issuer.tenants?.[0]} />
    </Section>
  )
}

function Found({ found: { issuer, keys, certificates } }: { found: TrustProposal }) {
  const tenant = issuer.tenants?.[0]
  return (
    <div className="found">
      <p>{trustWords.found(tenant ? trustWords.foundTenant(tenant) : trustWords.foundIssuer(issuer.url ?? ''), keys.length)}</p>
      {certificates.length > 0 && (
        <p className="quiet small">
          {trustWords.certificates}: {certificates.map((one) => one.thumbprint).join(', ')}
        </p>
      )}
    </div>
  )
}

/** The value once it has stood still. */
function useRested(value: string, ms: number): string {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return rested
}

// One press does it: what is not looked up yet is looked up first.
function useSaveNew(all: readonly TrustedIssuer[], etag: string | undefined) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const say = useSay()
  const [looking, setLooking] = useState(false)
  const [unfound, setUnfound] = useState<ApiProblem>()
  const [name, setName] = useState('')
  const put = useTrust(() => {
    say(trustWords.saved(name))
    void navigate('/manage/trust')
  })
  const save = (from: string, audiences: string[], newcomers: string) => {
    setLooking(true)
    setUnfound(undefined)
    queries
      .fetchQuery(proposal(from, audiences))
      .then((found) => {
        const entry = tidy({ ...found.issuer, name: freeName(found.issuer.name, all), newcomers: newcomers as TrustedIssuer['newcomers'] })
        setName(entry.name)
        put.mutate({ issuers: withEntry(all, entry, undefined).issuers, etag })
      })
      .catch((error: unknown) => setUnfound(problemOf(error)))
      .finally(() => setLooking(false))
  }
  return { save, busy: looking || put.isPending, problem: unfound ?? (put.error ? problemOf(put.error) : undefined) }
}
