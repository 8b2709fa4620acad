import { useState } from 'react'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Dialog } from '../ui/dialog/dialog'
import { TextArea } from '../ui/field/field'
import { Failure } from '../ui/problem/problem'
import { useSay } from '../ui/toast/toast'
import { useCancel } from './queries'

/** Ends an instance, after asking. */
export function CancelButton({ id }: { id: number }) {
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const say = useSay()
  const cancel = useCancel(id, () => {
    setOpen(false)
    say(t.instance.cancelled)
  })
  return (
    <>
      <Button icon="stop" onPress={() => setOpen(true)}>
        {t.instance.cancel}
      </Button>
      <Dialog
        title={t.instance.cancelTitle}
        open={open}
        onClose={() => setOpen(false)}
        alert
        cancelText={t.instance.cancelKeep}
        actions={
          <Button look="danger" onPress={() => cancel.mutate(reason)} busy={cancel.isPending}>
            {t.instance.cancelButton}
          </Button>
        }
      >
        <p>{t.instance.cancelLead}</p>
        {cancel.error && <Failure error={cancel.error} />}
        <TextArea label={`${t.instance.cancelReason} (${t.common.optional})`} value={reason} onChange={setReason} rows={2} />
      </Dialog>
    </>
  )
}
