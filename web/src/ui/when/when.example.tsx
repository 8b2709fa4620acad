import { When } from './when'

export default function Example() {
  return <When at={new Date(Date.now() - 300_000).toISOString()} />
}
