import { useEffect, useLayoutEffect } from 'react'
import { Link } from 'react-router'
import { t } from '../../text/en'
import { Icon } from '../icon/icon'
import './page.css'

interface Props {
  title: string
  /** Where Back leads. */
  back?: { to: string; label: string }
  lead?: React.ReactNode
  actions?: React.ReactNode
  /** Wide pages use the whole width, reading pages a comfortable column. */
  width?: 'reading' | 'wide'
  children: React.ReactNode
}

/** The frame of a page: one heading, its actions, the content. */
export function Page({ title, back, lead, actions, width = 'wide', children }: Props) {
  // Before the effects of what stands in it: a page within a frame has the last word.
  useLayoutEffect(() => nameTab(title), [title])
  return (
    <div className={`page ${width}`}>
      <header className="page-head">
        <div className="page-words">
          {back && (
            <Link to={back.to} className="page-back">
              <Icon name="back" />
              {back.label}
            </Link>
          )}
          <h1>{title}</h1>
          {lead && <div className="page-lead">{lead}</div>}
        </div>
        {actions && <div className="row page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** A titled part of a page. */
export function Section({ title, actions, children, plain = false }: { title: React.ReactNode; actions?: React.ReactNode; children: React.ReactNode; plain?: boolean }) {
  return (
    <section className={plain ? 'section plain' : 'section'}>
      <header className="section-head">
        <h2>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  )
}

/** Names the tab after the page. */
export function useTitle(title: string): void {
  useEffect(() => nameTab(title), [title])
}

function nameTab(title: string): void {
  document.title = title ? `${title} · ${t.shell.product}` : t.shell.product
}
