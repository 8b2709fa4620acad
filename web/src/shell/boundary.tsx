import { Component } from 'react'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Failure } from '../ui/problem/problem'

interface Props {
  /** Where we are. Going somewhere else clears the fault, and touches nothing where there is none. */
  place: string
  children: React.ReactNode
}

/** A fault in a page stays in that page. */
export class Boundary extends Component<Props, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }

  override componentDidUpdate(before: Props) {
    if (before.place !== this.props.place && this.state.error !== undefined) this.setState({ error: undefined })
  }

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
