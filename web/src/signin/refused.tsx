import type { SignInFailure } from '../api/types'
import { sentence } from '../api/problem'
import { signInWords } from '../text/signin'
import { CopyField } from '../ui/copy/copy'
import { ProblemCard } from '../ui/problem/problem'

/** Why a sign-in failed, what to do and who can. What the provider wrote is text, whatever it looks like. */
export function Refused({ why, title = signInWords.failed }: { why: SignInFailure; title?: string }) {
  const { facts } = signInWords
  const rows: [string, string][] = [[facts.code, why.code]]
  if (why.number) rows.push([facts.error, `AADSTS${why.number}`])
  if (why.said) rows.push([signInWords.said, why.said])
  if (why.trace) rows.push([facts.trace, why.trace])
  if (why.request) rows.push([facts.request, why.request])
  return (
    <ProblemCard title={title} why={sentence(why.detail, why.advice)} facts={rows}>
      {why.who && signInWords.who[why.who] && <p className="quiet">{signInWords.who[why.who]}</p>}
      {why.copy && <CopyField label={signInWords.copyThis} value={why.copy} />}
    </ProblemCard>
  )
}
