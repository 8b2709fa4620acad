import { Button } from '../button/button'
import { useSay } from './toast'

export default function Example() {
  const say = useSay()
  return <Button onPress={() => say('Approve: Leave for Ana, 3 days')}>Say it</Button>
}
