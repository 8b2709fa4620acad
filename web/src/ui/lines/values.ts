/** A list from text: one value a line, or with a comma between them; empty ones are none. */
export function valuesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** The same list as lines to type in. */
export const linesOf = (values: readonly string[] | undefined) => (values ?? []).join('\n')
