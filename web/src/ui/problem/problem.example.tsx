import { ApiProblem } from '../../api/problem'
import { Button } from '../button/button'
import { Failure, ProblemCard } from './problem'

const lost = new ApiProblem({ status: 409, code: 'task-already-done', title: 'The task is already decided', detail: 'Bob approved this on Tuesday 14:02.', requestId: 'f00d' })

export default function Example() {
  return (
    <div className="stack">
      <Failure error={lost} />
      <ProblemCard title="The mail was not sent" why="The mail server needs TLS 1.2 or newer." action={<Button look="primary">Retry</Button>} facts={[['Attempts', '6']]} />
    </div>
  )
}
