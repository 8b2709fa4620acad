const usual = [7, 30, 90, 180, 365]

/** The days to choose from: the usual ones that may be, what is usual here, and the most. */
export function dayChoices({ defaultDays, maxDays }: { defaultDays: number; maxDays: number }): number[] {
  return [...new Set([...usual.filter((n) => n <= maxDays), defaultDays, maxDays])].sort((a, b) => a - b)
}
