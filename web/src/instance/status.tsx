import type { Instance } from '../api/types'
import { t } from '../text/en'
import { Badge, type Tone } from '../ui/badge/badge'

const tones: Record<Instance['status'], Tone> = { running: 'info', completed: 'good', cancelled: 'neutral' }

/** How an instance stands, in one word. */
export function InstanceStatus({ instance }: { instance: Pick<Instance, 'status' | 'incidents' | 'stopped'> }) {
  if (instance.status === 'running' && instance.stopped) {
    return (
      <Badge tone="warn" icon="stop">
        {t.instance.stopped}
      </Badge>
    )
  }
  if (instance.status === 'running' && instance.incidents > 0) {
    return (
      <Badge tone="bad" icon="alert">
        {t.instance.needsAttention}
      </Badge>
    )
  }
  return (
    <Badge tone={tones[instance.status]} icon={instance.status === 'completed' ? 'check' : undefined}>
      {t.instance.status[instance.status]}
    </Badge>
  )
}
