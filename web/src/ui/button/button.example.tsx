import { Button } from './button'

export default function Example() {
  return (
    <div className="row">
      <Button look="primary">Approve</Button>
      <Button>Reject</Button>
      <Button look="subtle" icon="forward">
        Redirect
      </Button>
      <Button look="danger">Cancel request</Button>
      <Button isDisabled>Not now</Button>
      <Button look="primary" busy>
        Sending
      </Button>
      <Button look="subtle" icon="more" aria-label="More" />
    </div>
  )
}
