// Counts what a person does on purpose. Looking and waiting cost nothing; a
// press, and filling a group of fields, cost one each.
export class Acts {
  done = []

  async press(locator, what) {
    await locator.click()
    this.done.push(`press ${what}`)
  }

  async fill(what, write) {
    await write()
    this.done.push(`fill ${what}`)
  }

  get presses() {
    return this.done.filter((act) => act.startsWith('press')).length
  }
}
