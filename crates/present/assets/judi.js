// Keeps the live part of the front page live. Everything else works without script.
const part = document.getElementById("live-part");
if (part) {
  let failures = 0;
  const refresh = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch("/live", { headers: { accept: "text/html" } });
        if (answer.ok) {
          part.innerHTML = await answer.text();
          failures = 0;
        } else {
          failures += 1;
        }
      } catch {
        failures += 1;
      }
    }
    part.classList.toggle("stale", failures > 1);
    // A server that does not answer is asked less and less often, up to once a minute.
    setTimeout(refresh, Math.min(5000 * 2 ** failures, 60000));
  };
  setTimeout(refresh, 5000);
}
