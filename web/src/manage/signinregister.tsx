import type { SignInSettings } from '../api/types'
import { t } from '../text/en'
import { CopyField } from '../ui/copy/copy'

/** What has to be entered at a provider, letter for letter. */
export function ToRegister({ set, redirect }: { set: Pick<SignInSettings, 'frontLogout' | 'backLogout' | 'signedOut'>; redirect: string | undefined }) {
  const { addresses } = t.signing
  return (
    <div className="stack">
      <p className="quiet">{t.signing.registerLead}</p>
      {redirect === undefined ? <p className="quiet">{t.signing.redirectNeedsName}</p> : <CopyField label={addresses.redirect} value={redirect} />}
      <CopyField label={addresses.front} value={set.frontLogout} />
      <CopyField label={addresses.back} value={set.backLogout} />
      <CopyField label={addresses.left} value={set.signedOut} />
      <p className="quiet">{t.signing.frontNote}</p>
    </div>
  )
}
