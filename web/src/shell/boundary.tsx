import { Component } from 'react'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Failure } from '../ui/problem/problem'

/** A fault in a page stays in that page. */
export class Boundary extends Component<{ children: React.ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return (
      <div className="page reading">
        <Failure error={this.state.error} action={<Button onPress={() => window.location.reload()}>{t.common.reload}</Button>} />
      </div>
    )
  }
}
