import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { t } from '../../text/en'
import { Button } from '../button/button'
import './dialog.css'

interface Props {
  title: string
  open: boolean
  onClose: () => void
  children: React.ReactNode
  /** The buttons at the foot, after Cancel. Left out, the foot has Close alone. */
  actions?: React.ReactNode
  alert?: boolean
  /** The body holds only words: where it has to scroll, the keyboard must reach it. */
  words?: boolean
  cancelText?: string
}

/** A dialog over the page. Focus goes in, stays in, and returns to where it came from. */
export function Dialog({ title, open, onClose, children, actions, alert = false, words = false, cancelText }: Props) {
  return (
    <ModalOverlay isOpen={open} onOpenChange={(next) => !next && onClose()} isDismissable={!alert} className="dialog-ground">
      <Modal className="dialog-frame">
        <AriaDialog className="dialog" role={alert ? 'alertdialog' : 'dialog'}>
          <header className="dialog-head">
            <Heading slot="title" className="dialog-title">
              {title}
            </Heading>
            <Button look="subtle" icon="close" aria-label={t.common.close} onPress={onClose} />
          </header>
          <div className="dialog-body stack" {...(words ? { tabIndex: 0, role: 'group', 'aria-label': title } : {})}>
            {children}
          </div>
          <footer className="dialog-foot row">
            {actions}
            <Button onPress={onClose}>{cancelText ?? (actions ? t.common.cancel : t.common.close)}</Button>
          </footer>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
