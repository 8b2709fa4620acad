import { Badge } from './badge'

export default function Example() {
  return (
    <div className="row">
      <Badge>Ended</Badge>
      <Badge tone="info">Running</Badge>
      <Badge tone="good" icon="check">
        Approved
      </Badge>
      <Badge tone="warn" icon="clock">
        Due tomorrow
      </Badge>
      <Badge tone="bad" icon="alert">
        Needs attention
      </Badge>
    </div>
  )
}
