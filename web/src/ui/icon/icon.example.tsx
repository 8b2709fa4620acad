import { Icon } from './icon'

export default function Example() {
  return (
    <div className="row">
      <Icon name="inbox" />
      <Icon name="start" />
      <Icon name="requests" />
      <Icon name="manage" />
      <Icon name="mail" />
      <Icon name="retry" />
    </div>
  )
}
