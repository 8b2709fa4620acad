import { createContext, useCallback, useContext, useMemo, useRef, useState } from 'react'
import { t } from '../../text/en'
import { Button } from '../button/button'
import { Icon } from '../icon/icon'
import './toast.css'

interface Note {
  id: number
  text: string
}

const Say = createContext<(text: string) => void>(() => {})

/** Tells in passing that something was done. Read aloud; goes by itself. */
export function useSay(): (text: string) => void {
  return useContext(Say)
}

const staysFor = 6000

export function Toasts({ children }: { children: React.ReactNode }) {
  const [notes, setNotes] = useState<readonly Note[]>([])
  const last = useRef(0)
  const drop = useCallback((id: number) => setNotes((before) => before.filter((note) => note.id !== id)), [])
  const say = useCallback(
    (text: string) => {
      const id = ++last.current
      setNotes((before) => [...before.slice(-2), { id, text }])
      setTimeout(() => drop(id), staysFor)
    },
    [drop],
  )
  const list = useMemo(
    () => (
      <div className="toasts" role="status">
        {notes.map((note) => (
          <div key={note.id} className="toast">
            <Icon name="good" />
            <span>{note.text}</span>
            <Button look="subtle" icon="close" aria-label={t.common.close} onPress={() => drop(note.id)} />
          </div>
        ))}
      </div>
    ),
    [notes, drop],
  )
  return (
    <Say value={say}>
      {children}
      {list}
    </Say>
  )
}
