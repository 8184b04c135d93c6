// Signs in with the code of a link.

const [link] = arguments;

tell(fetch('/v1/session', {
  method: 'POST',
  headers: { 'Swath-Client': 'console', 'Content-Type': 'application/json' },
  body: JSON.stringify({ link }),
}).then((response) => response.ok));
