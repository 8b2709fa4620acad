import './advice.css'

/** A text whose further lines are commands: each is a line of code. */
export function Advice({ text }: { text: string }) {
  const [said, ...commands] = text.split('\n')
  return (
    <>
      {said}
      {commands.map((command, place) => (
        <code key={place} className="command-line">
          {command}
        </code>
      ))}
    </>
  )
}
