import { Timeline } from './timeline'

const ana = { id: 'user:1', name: 'Ana Silva' }
const at = new Date().toISOString()

export default function Example() {
  return (
    <Timeline
      events={[
        { seq: 1, at, kind: 'started', by: ana, text: 'Ana Silva started the request.' },
        { seq: 2, at, kind: 'task decided', by: ana, text: 'Ana Silva chose Approve.', comment: 'Enjoy!', channel: 'mail',
          evidence: { from: 'ana@contoso.test', method: 'dmarc', tiedBy: 'secret address', line: 'Approve' } },
        { seq: 3, at, kind: 'ended', text: 'The request has ended.' },
      ]}
    />
  )
}
