/** A child's side of {@link Child}: answers each request by name, and ends when the parent lets go. */
export function answer(handlers) {
  process.on('message', ({ id, request, body }) => {
    Promise.resolve()
      .then(() => handlers[request](body))
      .then(
        (value) => process.send({ id, answer: value }),
        (error) => process.send({ id, error: String(error?.stack ?? error) }),
      );
  });
  process.on('disconnect', () => process.exit(0));
}
