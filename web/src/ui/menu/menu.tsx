import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components'
import { Icon, type IconName } from '../icon/icon'
import './menu.css'

export interface Item {
  id: string
  label: string
  icon?: IconName
  /** Shown with a check when it is a choice among others. */
  chosen?: boolean
  onPress: () => void
}

interface Props {
  trigger: React.ReactNode
  label: string
  /** Groups are kept apart by a line. */
  groups: readonly (readonly Item[])[]
  head?: React.ReactNode
}

/** A menu of actions under its button. */
export function Menu({ trigger, label, groups, head }: Props) {
  const run = (key: React.Key) => groups.flat().find((item) => item.id === key)?.onPress()
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover menu-popover" placement="bottom end">
        {head && <div className="menu-head">{head}</div>}
        <AriaMenu className="options" onAction={run} aria-label={label}>
          {groups.flatMap((group, i) => [
            i > 0 ? <Separator key={`line-${i}`} className="menu-line" /> : null,
            ...group.map((item) => (
              <MenuItem key={item.id} id={item.id} className="option" textValue={item.label}>
                {item.icon && <Icon name={item.icon} />}
                <span className="menu-label">{item.label}</span>
                {item.chosen && <Icon name="check" />}
              </MenuItem>
            )),
          ])}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  )
}
