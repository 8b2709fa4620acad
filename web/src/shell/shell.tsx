import { Suspense, useEffect, useRef, useState } from 'react'
import { Navigate, Outlet, useLocation } from 'react-router'
import { problemOf } from '../api/problem'
import { absoluteClock } from './clock'
import { t } from '../text/en'
import { Failure } from '../ui/problem/problem'
import { Icon } from '../ui/icon/icon'
import { Skeleton } from '../ui/skeleton/skeleton'
import { Toasts } from '../ui/toast/toast'
import { AccountMenu } from './account'
import { KeysDialog } from './keys'
import { useLetterKeys } from './letters'
import { useLive } from './live'
import { Boundary } from './boundary'
import { Rail } from './rail'
import { SandboxStrip } from './sandbox'
import { MeContext, signInPath, useMe, useSession } from './session'
import './shell.css'

/** Everything around a page, for somebody who is signed in. */
export function Shell() {
  const session = useSession()
  const location = useLocation()
  const [hadOne, setHadOne] = useState(false)
  useEffect(() => {
    if (session.data) setHadOne(true)
  }, [session.data])

  if (session.error && problemOf(session.error).status === 401) return <Navigate to={signInPath(location, hadOne)} replace />
  if (!session.data) {
    return <div className="shell-wait">{session.error ? <Failure error={session.error} retry={() => void session.refetch()} /> : <Skeleton />}</div>
  }
  return (
    <MeContext value={session.data}>
      <Toasts>
        <Frame />
      </Toasts>
    </MeContext>
  )
}

function Frame() {
  const lostSince = useLive(useMe().id)
  const [keys, setKeys] = useState(false)
  const main = useRef<HTMLElement>(null)
  useLetterKeys({ '?': () => setKeys(true) })
  useArrival(main)
  const { pathname } = useLocation()
  return (
    <div className="shell">
      <a href="#main" className="skip" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {t.common.skip}
      </a>
      <header className="head">
        <SandboxStrip />
        {lostSince && (
          <div className="strip lost" role="status">
            <Icon name="alert" />
            <span>{t.shell.lost(absoluteClock(lostSince))}</span>
          </div>
        )}
        <div className="top">
          <span className="brand">
            <img src="/icon.svg" alt="" width="24" height="24" />
            <span>{t.shell.product}</span>
          </span>
          <AccountMenu onKeys={() => setKeys(true)} />
        </div>
      </header>
      <Rail />
      <main id="main" ref={main} tabIndex={-1}>
        <Boundary place={pathname}>
          <Suspense fallback={<Waiting />}>
            <Outlet />
          </Suspense>
        </Boundary>
      </main>
      <KeysDialog open={keys} onClose={() => setKeys(false)} />
    </div>
  )
}

function Waiting() {
  return (
    <div className="page">
      <Skeleton />
    </div>
  )
}

// A new page starts at its top and, for those who hear it, at its beginning. A
// page within the page (another task in the inbox) is no arrival.
function useArrival(main: React.RefObject<HTMLElement | null>) {
  const { pathname } = useLocation()
  const place = pathname.split('/')[1] ?? ''
  const before = useRef(place)
  useEffect(() => {
    if (before.current === place) return
    before.current = place
    main.current?.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [place, main])
}
