import { Button } from '../button/button'
import { Menu } from './menu'

export default function Example() {
  const nothing = () => {}
  return (
    <Menu
      label="More"
      trigger={<Button icon="more" look="subtle" aria-label="More" />}
      groups={[
        [
          { id: 'a', label: 'Redirect…', icon: 'forward', onPress: nothing },
          { id: 'b', label: 'Sleep…', icon: 'sleep', onPress: nothing },
        ],
        [{ id: 'c', label: 'Light', chosen: true, onPress: nothing }],
      ]}
    />
  )
}
