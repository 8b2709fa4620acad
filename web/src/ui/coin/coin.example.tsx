import { Coin, PersonTag } from './coin'

export default function Example() {
  return (
    <div className="row">
      <Coin person={{ id: 'user:1', name: 'Ana Silva' }} size="big" />
      <Coin person={{ id: 'user:2', name: 'Jane Doe' }} />
      <PersonTag person={{ id: 'user:3', name: 'Bob Brown' }} />
      <PersonTag person={{ id: 'group:3', name: 'Finance', group: true }} />
      <PersonTag person={{ id: 'user:4', name: 'Monthly report', app: true }} />
    </div>
  )
}
