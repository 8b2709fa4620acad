import type { Speech } from '../words/time'

/** The language of the catalogue; dates follow the reader's own region of it. */
export const language = 'en'

const own = typeof navigator === 'undefined' ? undefined : navigator.languages.find((l) => l === language || l.startsWith(`${language}-`))

export const speech: Speech = { locale: own ?? 'en-GB' }
