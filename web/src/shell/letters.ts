import { useEffect, useRef } from 'react'
import { lettersOn } from './settings'

type Keys = Record<string, (event: KeyboardEvent) => void>

/** Whether a key press belongs to what has focus: somebody is typing or a menu is open. */
export function belongsElsewhere(event: Pick<KeyboardEvent, 'ctrlKey' | 'metaKey' | 'altKey' | 'defaultPrevented' | 'isComposing'>, focus: { tagName: string; editable: boolean; inOverlay: boolean }): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true
  return focus.editable || focus.inOverlay || /^(INPUT|TEXTAREA|SELECT)$/.test(focus.tagName)
}

/** Single keys of a page. They rest while somebody types, and while switched off. */
export function useLetterKeys(keys: Keys): void {
  const now = useRef(keys)
  useEffect(() => {
    now.current = keys
  })
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const run = now.current[event.key]
      if (!run || !lettersOn()) return
      const target = event.target instanceof HTMLElement ? event.target : document.body
      const focus = {
        tagName: target.tagName,
        editable: target.isContentEditable,
        inOverlay: target.closest('[role=dialog],[role=alertdialog],[role=menu],.popover') !== null,
      }
      if (belongsElsewhere(event, focus)) return
      event.preventDefault()
      event.stopPropagation()
      run(event)
    }
    // Before the parts under it: a list would take letters as a search.
    document.addEventListener('keydown', press, true)
    return () => document.removeEventListener('keydown', press, true)
  }, [])
}
