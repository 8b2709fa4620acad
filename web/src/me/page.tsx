import { WaitingConnections } from '../connect/waiting'
import { t } from '../text/en'
import { Page } from '../ui/page/page'
import { Connections } from './connections'
import { Password } from './password'
import { Sessions } from './sessions'
import { Tokens } from './tokens'

/** What belongs to the signed-in person's account. */
export function MePage() {
  return (
    <Page title={t.signing.you} lead={t.signing.youLead} width="reading">
      <WaitingConnections />
      <Connections />
      <Sessions />
      <Password />
      <Tokens />
    </Page>
  )
}
