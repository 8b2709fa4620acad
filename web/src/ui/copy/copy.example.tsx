import { CopyField } from './copy'

export default function Example() {
  return <CopyField label="Redirect URI" value="https://signoff.example.com/oauth/callback" />
}
