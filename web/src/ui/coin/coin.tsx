import type { Person } from '../../api/types'
import { called, hue, initials } from '../../words/person'
import { Icon } from '../icon/icon'
import './coin.css'

type Shown = Pick<Person, 'name' | 'login' | 'email'> & { id?: string; group?: boolean }

/** The round mark of a person. The name always stands beside it, so it is silent. */
export function Coin({ person, size = 'normal' }: { person: Shown; size?: 'small' | 'normal' | 'big' }) {
  const name = called(person)
  return (
    <span className={`coin ${size} hue-${hue(person.id ?? name, 8)}`} aria-hidden="true">
      {person.group ? <Icon name="people" /> : initials(name)}
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
