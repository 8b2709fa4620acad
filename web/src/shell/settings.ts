import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'

// Settings of this browser, not of the person: they are about this screen and
// these hands. public/theme.js reads the first before anything is drawn.
const themeKey = 'signoff.theme'
const lettersKey = 'signoff.letters'
const listeners = new Set<() => void>()

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Kept for this page only.
  }
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  write(themeKey, theme === 'system' ? null : theme)
}

export function useTheme(): Theme {
  const stored = useSyncExternalStore(subscribe, () => read(themeKey))
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

/** Whether single letters act (WCAG 2.1.4: they can be switched off). */
export function lettersOn(): boolean {
  return read(lettersKey) !== 'off'
}

export function setLetters(on: boolean): void {
  write(lettersKey, on ? null : 'off')
}

export function useLetters(): boolean {
  return useSyncExternalStore(subscribe, lettersOn)
}
