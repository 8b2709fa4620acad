import { useState } from 'react'
import { t } from '../text/en'
import { trustWords } from '../text/trust'
import { Button } from '../ui/button/button'
import { valuesOf } from '../ui/lines/values'

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What a colleague enters in Entra, with the exact values to copy. */
export function OtherSide({ audience, tenant, scope = 'user_impersonation' }: { audience: string; tenant: string | undefined; scope?: string | undefined }) {
  const given = valuesOf(audience)
  const id = given.map((one) => one.replace(/^.*\//, '')).find((one) => guid.test(one)) ?? trustWords.clientId
  const uri = given.find((one) => one.includes('://')) ?? `api://${id}`
  const { otherFacts } = trustWords
  const values: [string, string][] = [
    [otherFacts.uri, uri],
    [otherFacts.scope, scope],
    [otherFacts.version, '2'],
    [otherFacts.token, `${uri.replace(/\/$/, '')}/${scope}`],
    [otherFacts.base, `${window.location.origin}/api/workflow/v1`],
  ]
  return (
    <details className="other">
      <summary>{trustWords.other}</summary>
      <p className="quiet">
        {trustWords.otherLead}
        {tenant && ` ${trustWords.foundTenant(tenant)}.`}
      </p>
      <dl className="entry-facts">
        {values.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code> <Copy value={value} name={name} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function Copy({ value, name }: { value: string; name: string }) {
  const [copied, setCopied] = useState('')
  if (!window.isSecureContext) return null
  return (
    <Button look="subtle" aria-label={`${trustWords.copy}: ${name}`} onPress={() => void navigator.clipboard.writeText(value).then(() => setCopied(value))}>
      {copied === value ? t.common.copied : trustWords.copy}
    </Button>
  )
}
