import { WaitingConnections } from '../connect/waiting'
import { signInWords } from '../text/signin'
import { Page } from '../ui/page/page'
import { AbsencePart } from './absence'
import { Connections } from './connections'
import { Password } from './password'
import { Sessions } from './sessions'
import { Tokens } from './tokens'

/** What belongs to the signed-in person's account. */
export function MePage() {
  return (
    <Page title={signInWords.you} lead={signInWords.youLead} width="reading">
      <WaitingConnections />
      <AbsencePart />
      <Connections />
      <Sessions />
      <Password />
      <Tokens />
    </Page>
  )
}
