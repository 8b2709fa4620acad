/** The name out of "Ana Silva <ana@contoso.test>", or the address when there is no name. */
export function senderName(from: string): string {
  const found = /^\s*"?([^"<]*?)"?\s*<([^>]*)>\s*$/.exec(from)
  if (!found) return from.trim()
  return found[1] || found[2] || ''
}

interface Told {
  text: string
  at: string
  mailbox: string
  replies?: readonly { label: string; text: string }[] | null
}

/** The newest mail that speaks of a task and can be answered, for each task that has one. */
export function mailsAbout<T extends Told>(serials: readonly string[], messages: readonly T[]): { serial: string; message: T }[] {
  const newest = [...messages].sort((a, b) => b.at.localeCompare(a.at))
  return serials.flatMap((serial) => {
    const link = new RegExp(`/tasks/${serial}(?!\\d)`)
    const message = newest.find((one) => link.test(one.text) && (one.replies?.length ?? 0) > 0)
    return message ? [{ serial, message }] : []
  })
}
