import { Skeleton } from './skeleton'

export default function Example() {
  return <Skeleton rows={3} tall />
}
