import { useState } from 'react'
import { Button } from '../button/button'
import { Dialog } from './dialog'

export default function Example() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button onPress={() => setOpen(true)}>Open a dialog</Button>
      <Dialog title="Cancel this request?" open={open} onClose={() => setOpen(false)} alert actions={<Button look="danger">Cancel request</Button>} cancelText="Keep it">
        It ends at once.
      </Dialog>
    </>
  )
}
