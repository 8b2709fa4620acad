/** Reads which element has become which, "old=new" one a line; undefined where a line says nothing of the kind. */
export function mapOf(text: string): Record<string, string> | undefined {
  const out: Record<string, string> = {}
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (!line) continue
    const found = /^([^\s=]+)\s*=\s*([^\s=]+)$/.exec(line)
    if (!found?.[1] || !found[2]) return undefined
    out[found[1]] = found[2]
  }
  return out
}
