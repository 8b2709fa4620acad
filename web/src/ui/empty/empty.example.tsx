import { Button } from '../button/button'
import { Empty } from './empty'

export default function Example() {
  return <Empty action={<Button look="primary">Start a request</Button>}>Nothing waits for you.</Empty>
}
