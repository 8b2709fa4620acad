import type { Person } from '../../api/types'
import { called, hue, initials, isApplication } from '../../words/person'
import { Icon } from '../icon/icon'
import './coin.css'

type Shown = Pick<Person, 'name' | 'login' | 'email'> & { id?: string; group?: boolean; app?: boolean }

/** The mark of a person or a group, and a square one of an application. The name always stands beside it, so it is silent. */
export function Coin({ person, size = 'normal' }: { person: Shown; size?: 'small' | 'normal' | 'big' }) {
  const name = called(person)
  const app = !person.group && isApplication(person)
  return (
    <span className={`coin ${size}${app ? ' app' : ''} hue-${hue(person.id ?? name, 8)}`} aria-hidden="true">
      {app ? <Icon name="app" /> : person.group ? <Icon name="people" /> : initials(name)}
    </span>
  )
}

/** Coin and name, as one word in a sentence. */
export function PersonTag({ person, you = false, youText = '' }: { person: Shown; you?: boolean; youText?: string }) {
  return (
    <span className="person-tag" title={person.email || undefined}>
      <Coin person={person} size="small" />
      <span>{you ? youText : called(person)}</span>
    </span>
  )
}
