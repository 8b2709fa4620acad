import { Button } from '../button/button'
import { Message } from './message'

export default function Example() {
  return (
    <div className="stack">
      <Message>Jane has this task open.</Message>
      <Message tone="good">Approved by Jane Doe, 2 minutes ago.</Message>
      <Message tone="warn" action={<Button>Connect</Button>}>
        Not connected. Showing 10:42.
      </Message>
      <Message tone="bad">The mail was not sent.</Message>
    </div>
  )
}
