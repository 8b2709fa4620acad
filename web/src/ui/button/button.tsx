import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components'
import { Link, type LinkProps } from 'react-router'
import { Icon, type IconName } from '../icon/icon'
import './button.css'

export type Look = 'plain' | 'primary' | 'subtle' | 'danger'

interface Shared {
  look?: Look
  icon?: IconName
  children?: React.ReactNode
}

export interface ButtonProps extends Omit<AriaButtonProps, 'children' | 'className'>, Shared {
  /** Shows a turning ring and takes no press, but keeps focus. */
  busy?: boolean
}

export function Button({ look = 'plain', icon, children, busy = false, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} isPending={busy} className={`button ${look}${children ? '' : ' only-icon'}`}>
      {busy ? <span className="button-ring" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
    </AriaButton>
  )
}

export function LinkButton({ look = 'plain', icon, children, ...rest }: Omit<LinkProps, 'className' | 'children'> & Shared) {
  return (
    <Link {...rest} className={`button ${look}`}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </Link>
  )
}
