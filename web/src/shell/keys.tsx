import { t } from '../text/en'
import { Dialog } from '../ui/dialog/dialog'

const rows: readonly (readonly [string[], string])[] = [
  [['j'], t.keys.next],
  [['k'], t.keys.previous],
  [['Enter'], t.keys.open],
  [['a'], t.keys.arm],
  [['1', '…', '9'], t.keys.armNth],
  [['Ctrl', 'Enter'], t.keys.send],
  [['Esc'], t.keys.leave],
  [['?'], t.keys.help],
]

/** The keys of the inbox and the task page. */
export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog title={t.keys.title} open={open} onClose={onClose} words>
      <dl className="keys">
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className="quiet small">{t.keys.off}</p>
    </Dialog>
  )
}
