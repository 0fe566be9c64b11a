// What stands beside the graph: the network, the training. The stage gives them room while one of them is open.

export function listenToBeside(app) {
  const { at, root } = app;
  app.showBeside = () => {
    const isOpen = !at("network").hidden || !at("theatre").hidden;
    at("beside").hidden = !isOpen;
    root.classList.toggle("with-beside", isOpen);
  };
}
