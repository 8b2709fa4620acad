import { useState } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { useSearchParams } from 'react-router'
import { absolute } from '../words/time'
import { speech } from '../text/speech'
import { t } from '../text/en'
import { Failure } from '../ui/problem/problem'
import { Skeleton } from '../ui/skeleton/skeleton'
import { htmlAddress, useMarkRead, useMessage, useRaw, type Mailbox, type Message } from './queries'
import { QuickBar, ReplyBox } from './reply'

/** One mail: as shown, as text, as it lies on disk; and the answer to it. */
export function MessageView({ id, owner }: { id: string; owner: Mailbox | undefined }) {
  const message = useMessage(id)
  const [params] = useSearchParams()
  useMarkRead(message.data)
  if (message.error) return <Failure error={message.error} retry={() => void message.refetch()} />
  if (!message.data) return <Skeleton rows={6} />
  return (
    <article className="stack mail">
      <h2 className="mail-subject">{message.data.subject || t.sandbox.noSubject}</h2>
      <MailHead message={message.data} />
      {owner?.address && <QuickBar message={message.data} owner={owner.name} />}
      <Bodies message={message.data} />
      {owner?.address && <ReplyBox key={id} message={message.data} owner={owner.name} prefill={params.get('reply') ?? ''} />}
    </article>
  )
}

function MailHead({ message }: { message: Message }) {
  const cc = message.headers?.find((header) => header.name.toLowerCase() === 'cc')?.value
  const lines = [
    [t.sandbox.from, message.from],
    [t.sandbox.to, message.to],
    [t.sandbox.cc, cc],
    [t.sandbox.date, absolute(new Date(message.at), speech)],
  ] as const
  return (
    <dl className="mail-head">
      {lines.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}

type View = 'html' | 'text' | 'raw'

function Bodies({ message }: { message: Message }) {
  const [view, setView] = useState<View>(message.hasHtml ? 'html' : 'text')
  const raw = useRaw(message.id, view === 'raw')
  return (
    <Tabs className="mail-bodies" selectedKey={view} onSelectionChange={(key) => setView(key as View)}>
      <TabList className="tabs" aria-label={t.sandbox.message}>
        {(['html', 'text', 'raw'] satisfies View[]).map((id) => (
          <Tab key={id} id={id} className="tab" data-chosen={id === view || undefined}>
            {t.sandbox.views[id]}
          </Tab>
        ))}
      </TabList>
      <TabPanel id="html">
        {message.hasHtml ? (
          <iframe
            className="mail-frame"
            title={t.sandbox.frame}
            src={htmlAddress(message.id)}
            sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
          />
        ) : (
          <p className="quiet">{t.sandbox.noHtml}</p>
        )}
      </TabPanel>
      <TabPanel id="text">{message.text ? <pre className="mail-text">{message.text}</pre> : <p className="quiet">{t.sandbox.noText}</p>}</TabPanel>
      <TabPanel id="raw">{raw.data !== undefined ? <pre className="mail-text raw">{raw.data}</pre> : <Skeleton />}</TabPanel>
    </Tabs>
  )
}
