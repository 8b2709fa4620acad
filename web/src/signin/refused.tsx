import type { SignInFailure } from '../api/types'
import { sentence } from '../api/problem'
import { t } from '../text/en'
import { CopyField } from '../ui/copy/copy'
import { ProblemCard } from '../ui/problem/problem'

/** Why a sign-in failed, what to do and who can. What the provider wrote is text, whatever it looks like. */
export function Refused({ why, title = t.signing.failed }: { why: SignInFailure; title?: string }) {
  const { facts } = t.signing
  const rows: [string, string][] = [[facts.code, why.code]]
  if (why.number) rows.push([facts.error, `AADSTS${why.number}`])
  if (why.said) rows.push([t.signing.said, why.said])
  if (why.trace) rows.push([facts.trace, why.trace])
  if (why.request) rows.push([facts.request, why.request])
  return (
    <ProblemCard title={title} why={sentence(why.detail, why.advice)} facts={rows}>
      {why.who && t.signing.who[why.who] && <p className="quiet">{t.signing.who[why.who]}</p>}
      {why.copy && <CopyField label={t.signing.copyThis} value={why.copy} />}
    </ProblemCard>
  )
}
