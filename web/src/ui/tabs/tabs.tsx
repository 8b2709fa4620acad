import { useEffect, useRef } from 'react'
import { Link, NavLink, useLocation, useSearchParams } from 'react-router'
import './tabs.css'

/** Where tabs do not fit beside each other they scroll; the open one is brought into sight. */
function useInSight(open: string) {
  const row = useRef<HTMLElement>(null)
  useEffect(() => {
    const tab = row.current?.querySelector<HTMLElement>('[data-chosen], .chosen')
    if (row.current && tab) row.current.scrollLeft = tab.offsetLeft - (row.current.clientWidth - tab.offsetWidth) / 2
  }, [open])
  return row
}

interface View {
  id: string
  label: string
  count?: number | undefined
}

/** Views of one list. They are links, because the view stands in the address. */
export function Views({ label, name, views, path }: { label: string; name: string; views: readonly View[]; path: string }) {
  const [params] = useSearchParams()
  const first = views[0]?.id ?? ''
  const now = params.get(name) ?? first
  const row = useInSight(now)
  const to = (id: string) => {
    const next = new URLSearchParams(params)
    if (id === first) next.delete(name)
    else next.set(name, id)
    const query = next.toString()
    return query ? `${path}?${query}` : path
  }
  return (
    <nav className="tabs" ref={row} aria-label={label}>
      {views.map((view) => (
        <NavLink key={view.id} to={to(view.id)} end className="tab" data-chosen={view.id === now || undefined} aria-current={view.id === now ? 'true' : 'false'}>
          {view.label}
          {view.count !== undefined && view.count > 0 && <span className="tab-count">{view.count}</span>}
        </NavLink>
      ))}
    </nav>
  )
}

interface Part {
  to: string
  label: string
  /** What stands in a second row while one of it is open. */
  parts?: readonly Part[]
}

/** Tells whether an address belongs to one of the parts. */
export const within = (parts: readonly Part[], path: string) => parts.some(({ to }) => path === to || path.startsWith(`${to}/`))

/** Parts of a page that have addresses of their own. */
export function Parts({ label, parts }: { label: string; parts: readonly Part[] }) {
  const { pathname } = useLocation()
  const row = useInSight(pathname)
  return (
    <nav className="tabs" ref={row} aria-label={label}>
      {parts.map((part) => {
        const chosen = within(part.parts ?? [part], pathname)
        return (
          <Link key={part.to} to={part.to} className={chosen ? 'tab chosen' : 'tab'} aria-current={chosen ? (part.parts ? 'true' : 'page') : undefined}>
            {part.label}
          </Link>
        )
      })}
    </nav>
  )
}
