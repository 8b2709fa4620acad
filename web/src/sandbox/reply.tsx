import { useEffect, useRef, useState } from 'react'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { TextArea } from '../ui/field/field'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { useReply, type Message } from './queries'

type Answerable = Pick<Message, 'id' | 'replies'>

/** The answers a mail offers, each sent by one press. */
export function QuickReplies({ message, look = 'primary' }: { message: Answerable; look?: 'primary' | 'plain' }) {
  const say = useSay()
  const reply = useReply(message.id, (word) => say(t.sandbox.sent(word)))
  const words = [...new Set((message.replies ?? []).map((one) => one.text.trim()).filter(Boolean))]
  if (words.length === 0) return null
  return (
    <div className="stack">
      {reply.error && <Failure error={reply.error} />}
      <div className="row">
        {words.map((word, i) => (
          <Button key={word} look={i === 0 ? look : 'plain'} icon="reply" busy={reply.isPending && reply.variables === word} onPress={() => reply.mutate(word)}>
            {t.sandbox.sendWord(word)}
          </Button>
        ))}
      </div>
    </div>
  )
}

/** The answers a mail offers, above it: what most people came for. */
export function QuickBar({ message, owner }: { message: Answerable; owner: string }) {
  if (!message.replies?.length) return null
  return (
    <section className="quick-bar" aria-label={t.sandbox.replyAs(owner)}>
      <span className="quiet">{t.sandbox.replyAs(owner)}</span>
      <QuickReplies message={message} />
    </section>
  )
}

/** Writes an answer in the owner's name. */
export function ReplyBox({ message, owner, prefill }: { message: Answerable; owner: string; prefill: string }) {
  const [text, setText] = useState(prefill)
  const say = useSay()
  const reply = useReply(message.id, () => {
    setText('')
    say(t.sandbox.sentFree)
  })
  const send = () => text.trim() && reply.mutate(text)
  // A button inside the mail leads here with its words: show where they went.
  const box = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (!prefill) return
    box.current?.focus({ preventScroll: true })
    box.current?.closest('section')?.scrollIntoView({ block: 'end' })
  }, [prefill])
  return (
    <section className="reply">
      <h3>{t.sandbox.replyAs(owner)}</h3>
      {reply.error && <Failure error={reply.error} />}
      <TextArea inputRef={box} label={t.sandbox.replyText} value={text} onChange={setText} help={t.sandbox.replyHelp} rows={3} onKeyDown={(event) => event.key === 'Enter' && event.ctrlKey && send()} />
      <div>
        <Button onPress={send} isDisabled={!text.trim()} busy={reply.isPending}>
          {t.sandbox.send}
        </Button>
      </div>
    </section>
  )
}
