import { useEffect, useRef, useState } from 'react'
import { t } from '../text/en'
import { Button } from '../ui/button/button'
import { Message } from '../ui/message/message'
import type { Painting } from './paint'
import type { Drawing } from './viewer'
import './diagram.css'

interface Props {
  xml: string
  painting: Painting
  /** Said to those who cannot see it. */
  label: string
  /** Scrolled into view when it changes. */
  focus?: string | undefined
  small?: boolean
}

/** A live diagram. The code that draws is fetched when the first one is shown. */
export function Diagram({ xml, painting, label, focus, small = false }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const [drawing, setDrawing] = useState<Drawing>()
  const [failed, setFailed] = useState(false)

  useEffect(() => {
    const container = place.current
    if (!container) return
    let gone = false
    let made: Drawing | undefined
    setFailed(false)
    import('./viewer')
      .then(({ draw }) => draw(container, xml))
      .then((done) => {
        made = done
        if (gone) done.destroy()
        else setDrawing(done)
      })
      .catch(() => !gone && setFailed(true))
    return () => {
      gone = true
      setDrawing(undefined)
      made?.destroy()
    }
  }, [xml])

  useEffect(() => drawing?.paint(painting), [drawing, painting])
  useEffect(() => {
    if (focus) drawing?.show(focus)
  }, [drawing, focus])
  useFitOnResize(place, drawing)

  if (failed) return <Message tone="warn">{t.instance.noDiagram}</Message>
  return (
    <figure className={small ? 'diagram small-diagram' : 'diagram'} aria-label={label}>
      <div ref={place} className="diagram-place" data-drawn={drawing ? '' : undefined} />
      <div className="diagram-tools">
        <Button look="subtle" icon="minus" aria-label={t.instance.zoomOut} onPress={() => drawing?.zoom(1 / 1.25)} />
        <Button look="subtle" icon="plus" aria-label={t.instance.zoomIn} onPress={() => drawing?.zoom(1.25)} />
        <Button look="subtle" icon="fit" aria-label={t.instance.zoomFit} onPress={() => drawing?.fit()} />
      </div>
    </figure>
  )
}

function useFitOnResize(place: React.RefObject<HTMLDivElement | null>, drawing: Drawing | undefined) {
  useEffect(() => {
    const container = place.current
    if (!container || !drawing) return
    let width = container.clientWidth
    const observer = new ResizeObserver(() => {
      if (container.clientWidth === width) return
      width = container.clientWidth
      drawing.fit()
    })
    observer.observe(container)
    return () => observer.disconnect()
  }, [place, drawing])
}
