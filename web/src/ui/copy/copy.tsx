import { useState } from 'react'
import { t } from '../../text/en'
import { signInWords } from '../../text/signin'
import { Button } from '../button/button'
import './copy.css'

/** A value to be entered elsewhere, letter for letter. Browsers let pages copy over https and on this machine only. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState('')
  return (
    <div className="copy">
      <div className="copy-label">{label}</div>
      <div className="copy-box">
        <code>{value}</code>
        {window.isSecureContext && (
          <Button look="subtle" aria-label={`${signInWords.copy}: ${label}`} onPress={() => void navigator.clipboard.writeText(value).then(() => setCopied(value))}>
            {copied === value ? t.common.copied : signInWords.copy}
          </Button>
        )}
      </div>
    </div>
  )
}
