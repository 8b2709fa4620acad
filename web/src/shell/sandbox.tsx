import { Link } from 'react-router'
import { t } from '../text/en'
import { useMe } from './session'

/** Says on every page that this server is for trying. */
export function SandboxStrip() {
  if (!useMe().sandbox) return null
  return (
    <div className="strip sandbox">
      <span className="strip-long">{t.shell.sandbox}</span>
      <span className="strip-short">{t.shell.sandboxShort}</span>
      <Link to="/sandbox">{t.shell.sandboxOpen}</Link>
    </div>
  )
}
