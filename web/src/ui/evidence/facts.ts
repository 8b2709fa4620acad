import { t } from '../../text/en'

/** Evidence as names and values to read; whatever else it is, as JSON. */
export function evidenceFacts(evidence: unknown): [string, string][] {
  if (typeof evidence !== 'object' || evidence === null) return []
  return Object.entries(evidence).map(([name, value]) => [t.mail.evidenceOf[name] ?? name, typeof value === 'string' ? value : JSON.stringify(value)])
}
