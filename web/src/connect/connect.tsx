import { Link } from 'react-router'
import { answer, api } from '../api/client'
import type { ConnectOAuth, OAuthConnect, OAuthProblem } from '../api/types'
import { connectionsWords } from '../text/connections'
import { Button } from '../ui/button/button'
import { Message } from '../ui/message/message'
import { Failure, ProblemCard } from '../ui/problem/problem'
import { useProviderWindow, type ProviderWindow } from './window'
import './connect.css'

const words = connectionsWords.connect

interface Props {
  resource: string
  title: string
  body: ConnectOAuth
  label?: string
  look?: 'primary' | 'plain'
  onDone?: (() => void) | undefined
}

/** A button that connects an account. */
export function ConnectButton({ resource, title, body, label, look = 'plain', onDone }: Props) {
  const window = useProviderWindow(onDone)
  const press = (more: Partial<ConnectOAuth> = {}) =>
    window.begin(() => answer(api.POST('/api/v1/oauth/resources/{name}/connect', { params: { path: { name: resource } }, body: { ...body, ...more } })), body.device !== true)
  const { waiting, status } = window
  const other = status === 'failed' && window.problem?.code === otherAccount
  return (
    <div className="stack connect">
      {!waiting && !other && status !== 'done' && (
        <div>
          <Button look={look} icon="forward" busy={window.beginning} onPress={() => press()}>
            {label ?? words.button(title)}
          </Button>
        </div>
      )}
      {other && <Other account={window.account} busy={window.beginning} press={press} />}
      <Fares of={window} title={title} doctor={body.for === 'service'} />
    </div>
  )
}

/** How connecting fares: what to do meanwhile, and how it ended. */
export function Fares({ of, title, doctor = false }: { of: ProviderWindow; title: string; doctor?: boolean }) {
  const { begun, waiting, status, error } = of
  return (
    <>
      {error && <Failure error={error} />}
      <div role="status">
        {waiting && (
          <>
            {begun?.device ? <Device of={begun.device} /> : <p className="quiet">{of.closed ? words.closed : words.waiting}</p>}
            {of.blocked && begun?.address && (
              <p>
                {words.blocked}{' '}
                <a href={begun.address} target="_blank" rel="noopener noreferrer">
                  {words.openLink}
                </a>
              </p>
            )}
          </>
        )}
        {status === 'done' && <Message tone="good">{words.done(title, of.account)}</Message>}
      </div>
      {waiting && !begun?.device && (
        <p className="quiet">
          {words.stuck} {doctor && <Link to="/manage/doctor">{words.doctor}</Link>}
        </p>
      )}
      {waiting && (
        <div className="row">
          {!begun?.device && <Button onPress={of.again}>{words.again}</Button>}
          <Button look="subtle" onPress={of.stop}>
            {words.cancel}
          </Button>
        </div>
      )}
      {status === 'failed' && of.problem && of.problem.code !== otherAccount && <Refused why={of.problem} />}
    </>
  )
}

/** What a connecting ends with when the account is not known to be the person's. */
export const otherAccount = 'other-account'

/** Asks whether an account is meant that is not known to be one's own. */
function Other({ account, busy, press }: { account: string; busy: boolean; press: (more: Partial<ConnectOAuth>) => void }) {
  return (
    <Message tone="warn" live>
      <p>
        <strong>{words.otherTitle(account)}</strong>
      </p>
      <p>{words.other}</p>
      <div className="row">
        <Button look="primary" busy={busy} onPress={() => press({ choose: true })}>
          {words.choose}
        </Button>
        <Button busy={busy} onPress={() => press({ account })}>
          {words.useIt(account)}
        </Button>
      </div>
    </Message>
  )
}

function Device({ of }: { of: NonNullable<OAuthConnect['device']> }) {
  return (
    <>
      <p>{words.device}</p>
      <p className="connect-code mono">{of.code}</p>
      <p>
        {words.enterAt}{' '}
        <a href={of.direct ?? of.address} target="_blank" rel="noopener noreferrer">
          {of.address}
        </a>
      </p>
    </>
  )
}

/** Why an account was not connected, and who can do something about it. */
export function Refused({ why }: { why: OAuthProblem }) {
  const facts: [string, string][] = [['', why.code], ...(why.trace ? [[words.trace, why.trace] as [string, string]] : [])]
  return (
    <ProblemCard title={words.failed} why={sentence(why.detail)} facts={facts}>
      {why.said && <p className="quiet">{why.said}</p>}
      {why.advice && <p>{sentence(why.advice)}</p>}
      {why.who && words.who[why.who] && <p>{words.who[why.who]}</p>}
    </ProblemCard>
  )
}

export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
