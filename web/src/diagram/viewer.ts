import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'
import 'bpmn-js/dist/assets/diagram-js.css'
import 'bpmn-js/dist/assets/bpmn-js.css'
import { repaint, type Painting } from './paint'

interface Canvas {
  addMarker(id: string, marker: string): void
  removeMarker(id: string, marker: string): void
  zoom(to: 'fit-viewport' | number, center?: 'auto' | { x: number; y: number }): number
  resized(): void
  viewbox(): { scale: number; inner: { x: number; y: number; width: number; height: number }; outer: { width: number; height: number } }
  viewbox(box: { x: number; y: number; width: number; height: number }): void
  scrollToElement(id: string): void
}

interface Registry {
  get(id: string): unknown
}

/** One BPMN diagram on the page: drawn, painted, zoomed. Only this file knows bpmn-js. */
export interface Drawing {
  paint(painting: Painting): void
  zoom(factor: number): void
  fit(): void
  show(element: string): boolean
  destroy(): void
}

// The wheel scrolls the page: a diagram that takes it away is a trap on the way down.
// Variables of the page work inside the drawing, so a change of theme needs no redraw.
const colours = { defaultFillColor: 'var(--surface)', defaultStrokeColor: 'var(--diagram-line)', defaultLabelColor: 'var(--text)' }

interface Parsed {
  definitions?: { diagrams?: { plane?: { planeElement?: { set(name: string, value: undefined): void }[] } }[] }
}

const drawnColours = ['bioc:fill', 'bioc:stroke', 'color:background-color', 'color:border-color', 'color:label-color']

// Colour says how a step stands here. Colours somebody drew with would lie
// about that, and could not be read in the dark.
function forgetColours(definitions: Parsed['definitions']): void {
  const shapes = (definitions?.diagrams ?? []).flatMap((diagram) => diagram.plane?.planeElement ?? [])
  for (const shape of shapes) for (const name of drawnColours) shape.set(name, undefined)
}

/** Draws a BPMN file. Rejects when the file has no diagram that can be drawn. */
export async function draw(container: HTMLElement, xml: string): Promise<Drawing> {
  const viewer = new NavigatedViewer({ container, zoomScroll: { enabled: false }, bpmnRenderer: colours })
  viewer.on<Parsed>('import.parse.complete', ({ definitions }) => forgetColours(definitions))
  try {
    await viewer.importXML(xml)
  } catch (error) {
    viewer.destroy()
    throw error
  }
  const canvas = viewer.get<Canvas>('canvas')
  const registry = viewer.get<Registry>('elementRegistry')
  let painted: Painting = new Map()

  const fit = () => {
    canvas.resized()
    fitWithAir(canvas)
  }
  fit()
  return {
    paint(painting) {
      const { off, on } = repaint(painted, painting)
      for (const [id, paint] of off) if (registry.get(id)) canvas.removeMarker(id, `is-${paint}`)
      for (const [id, paint] of on) if (registry.get(id)) canvas.addMarker(id, `is-${paint}`)
      painted = painting
    },
    zoom: (factor) => void canvas.zoom(Math.min(4, Math.max(0.1, canvas.viewbox().scale * factor)), 'auto'),
    fit,
    show(element) {
      if (!registry.get(element)) return false
      canvas.scrollToElement(element)
      return true
    },
    destroy: () => viewer.destroy(),
  }
}

// Fitting as bpmn-js does touches the edges and blows small diagrams up; ours
// leaves air around, and room at the foot for the mark of bpmn.io.
function fitWithAir(canvas: Canvas): void {
  const { inner, outer } = canvas.viewbox()
  if (!inner.width || !inner.height || !outer.width || !outer.height) return
  const air = 24
  const foot = 36
  const scale = Math.min(1.1, (outer.width - air) / inner.width, (outer.height - air - foot) / inner.height)
  const width = outer.width / scale
  const height = outer.height / scale
  canvas.viewbox({ x: inner.x + inner.width / 2 - width / 2, y: inner.y + inner.height / 2 - (height - foot / scale) / 2, width, height })
}
