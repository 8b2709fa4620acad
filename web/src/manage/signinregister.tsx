import type { SignInSettings } from '../api/types'
import { signInWords } from '../text/signin'
import { CopyField } from '../ui/copy/copy'

/** What has to be entered at a provider, letter for letter. */
export function ToRegister({ set, redirect }: { set: Pick<SignInSettings, 'frontLogout' | 'backLogout' | 'signedOut'>; redirect: string | undefined }) {
  const { addresses } = signInWords
  return (
    <div className="stack">
      <p className="quiet">{signInWords.registerLead}</p>
      {redirect === undefined ? <p className="quiet">{signInWords.redirectNeedsName}</p> : <CopyField label={addresses.redirect} value={redirect} />}
      <CopyField label={addresses.front} value={set.frontLogout} />
      <CopyField label={addresses.back} value={set.backLogout} />
      <CopyField label={addresses.left} value={set.signedOut} />
      <p className="quiet">{signInWords.frontNote}</p>
    </div>
  )
}
