// An element of a page: its tag, its properties or attributes, its key for the focus, what it does on events, and its
// children, of which null and "" are left out. Text becomes a text node.
function element(tag, { key, on = {}, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  if (key) made.dataset.key = key;
  for (const [event, act] of Object.entries(on)) made.addEventListener(event, act);
  for (const [name, value] of Object.entries(properties))
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  made.append(...children.flat().filter((child) => child !== null && child !== ""));
  return made;
}
