/**
 * Calls run soon after it is asked for, once for a burst, and not again until a
 * rest has passed: a busy server is not asked more the busier it gets.
 */
export function pace(run: () => void, gatherFor: number, restFor: number): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let resting = false
  let again = false

  const go = () => {
    run()
    resting = true
    timer = setTimeout(() => {
      resting = false
      timer = undefined
      if (again) ask()
    }, restFor)
    again = false
  }
  const ask = () => {
    if (resting) again = true
    else timer ??= setTimeout(go, gatherFor)
  }
  return { ask, stop: () => clearTimeout(timer) }
}
