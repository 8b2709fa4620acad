import { Toasts } from './toast/toast'

// Every part beside its example, for whoever works on them: /examples while
// Vite serves the pages. No build contains it.
const examples = import.meta.glob<{ default: React.ComponentType }>('./*/*.example.tsx', { eager: true })

export function Examples() {
  return (
    <Toasts>
      <main className="page reading" style={{ height: '100dvh' }}>
        {Object.entries(examples).map(([path, { default: Example }]) => (
          <section key={path} className="section">
            <h2>{path.split('/')[1]}</h2>
            <Example />
          </section>
        ))}
      </main>
    </Toasts>
  )
}
