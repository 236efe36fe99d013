// Runs in the page, is never displayed: tells where the page stands, and whether a port of the kernel's machine can be
// reached through the Jupyter proxy in front of it.

const PATIENCE_MS = 2000;

function whereabouts() {
  const config = document.getElementById("jupyter-config-data");
  const base = (config && JSON.parse(config.textContent).baseUrl) || document.body.dataset.baseUrl || "/";
  const url = new URL(base, window.location.href);
  const path = url.pathname.endsWith("/") ? url.pathname : `${url.pathname}/`;
  return { origin: window.location.origin, base_path: path };
}

async function reaches(page, probe) {
  try {
    const answer = await fetch(`${page.origin}${page.base_path}proxy/${probe}`, {
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return answer.status === 204;
  } catch {
    return false;
  }
}

export default {
  // Not awaited: what takes 2 s to be initialised, anywidget calls a failure.
  initialize({ model }) {
    const page = whereabouts();
    const probe = model.get("probe");
    const tell = (proxy_answers) => model.send({ ...page, proxy_answers });
    if (probe === "") tell(false);
    else reaches(page, probe).then(tell);
  },
};
