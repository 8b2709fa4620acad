import type { TaskDetail } from '../api/types'
import { called } from '../words/person'
import { t } from '../text/en'
import { Coin } from '../ui/coin/coin'
import { When } from '../ui/when/when'
import { CommentBox } from './comments'
import type { Moves } from './queries'

/** What was asked about the task, the replies, and a box for the one that waits for ours. */
export function Questions({ task, moves, heading: Heading }: { task: TaskDetail; moves: Moves; heading: 'h2' | 'h3' }) {
  const questions = (task.questions ?? []).filter((question) => question.text)
  if (questions.length === 0) return null
  return (
    <section className="stack task-part">
      <Heading>{t.task.questions}</Heading>
      <ul className="stack comments">
        {questions.map((question) => (
          <li key={question.number}>
            <Coin person={question.by} size="small" />
            <div className="stack">
              <p className="small">
                <strong>{t.task.asks(called(question.by), called(question.to))}</strong>{' '}
                <span className="quiet">
                  <When at={question.at} />
                </span>
              </p>
              <p className="prose">{question.text}</p>
              {question.reply && (
                <p className="prose">
                  <strong>{called(question.to)}:</strong> {question.reply}
                </p>
              )}
              {question.yours && (
                <CommentBox
                  label={t.task.replyLabel}
                  button={t.task.replyButton}
                  send={{
                    mutate: (text, options) => moves.reply.mutate({ number: question.number, text }, options),
                    isPending: moves.reply.isPending,
                    error: moves.reply.error,
                  }}
                />
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
