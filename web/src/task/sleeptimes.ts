// When a sleeping task wakes, from words.
const morning = 8

export type SleepChoice = 'hour' | 'tomorrow' | 'monday'

/** The moment a choice stands for, in the reader's own time. */
export function sleepUntil(choice: SleepChoice, now: Date): Date {
  if (choice === 'hour') return new Date(now.getTime() + 3_600_000)
  const at = new Date(now)
  at.setHours(morning, 0, 0, 0)
  const days = choice === 'tomorrow' ? 1 : (8 - now.getDay()) % 7 || 7
  at.setDate(now.getDate() + days)
  return at
}
