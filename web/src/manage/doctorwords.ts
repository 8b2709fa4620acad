import type { Diagnosis, DiagnosisCheck } from '../api/types'
import type { IconName } from '../ui/icon/icon'
import type { Tone } from '../ui/badge/badge'

/** A check's result as a sign: never the colour alone. */
export const signs: Record<DiagnosisCheck['result'], { tone: Tone; icon: IconName }> = {
  passed: { tone: 'good', icon: 'check' },
  failed: { tone: 'bad', icon: 'close' },
  warning: { tone: 'warn', icon: 'alert' },
  'not reached': { tone: 'neutral', icon: 'minus' },
}

/** Checks that need eyes, and the rest. */
export function sorted(checks: readonly DiagnosisCheck[]): { open: DiagnosisCheck[]; quiet: DiagnosisCheck[] } {
  const open = checks.filter((one) => one.result === 'failed' || one.result === 'warning')
  return { open, quiet: checks.filter((one) => !open.includes(one)) }
}

/** The name of a check with what it is about, for a list where several are mixed. */
export function nameOf(check: DiagnosisCheck): string {
  return check.group ? `${check.group} · ${check.name}` : check.name
}

/** Whether a check's fault is the one that stands at the top already. */
export function isFirst(check: DiagnosisCheck, diagnosis: Diagnosis): boolean {
  return check.fault !== undefined && check.fault.line === diagnosis.fault?.line
}
