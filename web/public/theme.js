// Runs before the first paint, so that a dark page never flashes light.
try {
  const theme = localStorage.getItem('signoff.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // No storage in this browser: the system's theme is used.
}
