import type { ApiProblem } from '../../api/problem'
import { sentence } from '../../api/problem'
import { t } from '../../text/en'

// What administrators are told: that the very thing they named does not exist.
const numbered = /^there is no (task|request) [\d_]+$/

/** What did not happen, and why, for people. The server's own words win where it says more. */
export function problemWords(problem: Pick<ApiProblem, 'code' | 'title' | 'detail' | 'hint' | 'status'>): { title: string; why: string } {
  const title = t.problem.titles[problem.code] ?? (problem.title || t.problem.unknownTitle)
  const own = numbered.test(problem.detail) ? undefined : t.problem.whys[problem.code]
  const said = problem.code === 'page-failed' ? undefined : sentence(problem.detail, problem.hint)
  return { title, why: own ?? (said || t.problem.unknownWhy(problem.status)) }
}

/** What support needs, as text to copy. Nothing in it is secret: no bodies, no headers. */
export function forSupport(facts: readonly (readonly [string, string])[]): string {
  return facts.map(([name, value]) => `${name}: ${value}`).join('\n')
}
